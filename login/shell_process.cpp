#include "login/shell_process.hpp"

#include "common/language.hpp"
#include "common/log.hpp"
#include "common/program.hpp"
#include "common/safe_text.hpp"
#include "common/spare_memory.hpp"
#include "common/syscall.hpp"
#include "login/clean_start.hpp"
#include "login/process_identity.hpp"
#include "login/refusal.hpp"
#include "login/session_limits.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace login {

using namespace std::chrono_literals;
using common::filled;
using common::translated;

namespace {

/// The steps of the child, for its report.
enum class Step { ready, session, terminal, go_ahead, limits, identity, home, modes, exec };

struct Report {
    Step step = Step::ready;
    int problem = 0;
};

std::string_view name_of(Step step) {
    switch (step) {
        case Step::ready: return "get ready";
        case Step::session: return "begin a session";
        case Step::terminal: return "take the terminal";
        case Step::go_ahead: return "wait for login";
        case Step::limits: return "set the limits of the session";
        case Step::identity: return "become the user";
        case Step::home: return "enter the home directory";
        case Step::modes: return "set the terminal's modes";
        case Step::exec: return "start";
    }
    return "go on";
}

/// Where a shell's steps are reported that login itself becomes: there is nobody
/// else.
constexpr int no_channel = -1;

/// What the child works with, made before the fork: it allocates nothing.
struct Prepared {
    const ShellPlan& plan;
    std::array<char*, 2> words;
    std::vector<char*> environment;
    std::vector<char*> environment_at_root;  ///< HOME=/
    std::string word_about_home;
    int channel = no_channel;
    bool has_usual_oom_score = false;
    common::SignalBits ignored_signals = 0;
};

void send(int channel, Step step, int problem) noexcept {
    const Report report{.step = step, .problem = problem};
    ::send(channel, &report, sizeof report, MSG_NOSIGNAL);
}

std::string words_for(const Report& report, const ShellPlan& plan) {
    std::string words = "cannot " + std::string{name_of(report.step)};
    if (report.step == Step::exec) {
        words += " " + common::safe_text(plan.command.path);
    } else if (report.step == Step::home) {
        words += " " + common::safe_text(plan.user.home);
    }
    return words + ": " + common::error_text(report.problem);
}

/// In one line, for the person.
std::string as_last_words(const std::string& words, const std::string& reference) {
    return "\r\nlogin: " + words + " (ref " + reference + ")\r\n";
}

/// Nobody waits who could say it or undo anything: the next getty does that.
void report_here(const ShellPlan& plan, const Report& report) noexcept {
    common::tolerate("say why there is no shell", [&] {
        const std::string words = words_for(report, plan);
        const std::string reference = new_reference();
        common::log(common::Severity::error,
                    "no shell for " + common::quoted(plan.user.name) + ": " + words + " (ref " +
                        reference + ")");
        const std::string line = as_last_words(words, reference);
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    });
    // No haste for an init that starts us again.
    std::this_thread::sleep_for(5s);
}

/// Says what failed, and ends only when login has taken note of it: the end of
/// the session's leader hangs up the line, and what login says then is lost.
[[noreturn]] void fail(const Prepared& prepared, Step step, int problem) noexcept {
    const int channel = prepared.channel;
    if (channel == no_channel) {
        report_here(prepared.plan, {.step = step, .problem = problem});
        ::_exit(1);
    }
    send(channel, step, problem);
    // The word to go on may come first.
    char nothing = 0;
    while (common::retry_interrupted([&] { return ::recv(channel, &nothing, 1, 0); }) > 0) {
    }
    ::_exit(1);
}

void require(bool succeeded, const Prepared& prepared, Step step) noexcept {
    if (!succeeded) {
        fail(prepared, step, errno);
    }
}

constexpr const char* own_oom_score = "/proc/self/oom_score_adj";

/// Looked at before the fork: a new process has everything of /proc before it still.
bool has_usual_oom_score() noexcept {
    const common::UniqueFd file{::open(own_oom_score, O_RDONLY | O_CLOEXEC)};
    std::array<char, 2> score{};
    return ::read(file.get(), score.data(), score.size()) == 2 && score == std::array{'0', '\n'};
}

/// What init may have wished for its gettys is not for everybody.
void take_usual_oom_score() noexcept {
    const common::UniqueFd file{::open(own_oom_score, O_WRONLY | O_CLOEXEC)};
    [[maybe_unused]] const auto written = ::write(file.get(), "0", 1);
}

/// True if the home was entered, false if the session goes on in `/`.
bool enter_home(const Prepared& prepared) noexcept {
    const ShellPlan& plan = prepared.plan;
    // As the user: a home that is closed to root, or hangs for root, is neither.
    int problem = plan.user.home.empty() ? ENOENT : ETIMEDOUT;
    if (!plan.user.home.empty() && plan.home_answers) {
        if (::chdir(plan.user.home.c_str()) == 0) {
            return true;
        }
        problem = errno;
    }
    if (!plan.home_may_be_missing || ::chdir("/") != 0) {
        fail(prepared, Step::home, problem);
    }
    const std::string& word = prepared.word_about_home;
    [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, word.data(), word.size());
    return false;
}

/// Echo comes on again here: what was typed while it was off, which may be a
/// password, is gone first. False leaves errno.
bool set_modes(const ShellPlan& plan) noexcept {
    const int flags = ::fcntl(STDIN_FILENO, F_GETFL);
    ::fcntl(STDIN_FILENO, F_SETFL, flags & ~O_NONBLOCK);
    ::tcflush(STDIN_FILENO, TCIFLUSH);
    return ::tcsetattr(STDIN_FILENO, TCSANOW, &plan.modes) == 0;
}

/// All that exec leaves as it is. From here on we are the person, in whose name the
/// shell is started.
void settle(Prepared& prepared) noexcept {
    const ShellPlan& plan = prepared.plan;
    if (!enter_home(prepared)) {
        prepared.environment.swap(prepared.environment_at_root);
    }
    if (plan.forget_gate) {
        plan.forget_gate();
    }
    constexpr int first_other = STDERR_FILENO + 1;
    // The channel stays until exec closes it: that is how login knows.
    const bool has_channel = prepared.channel != no_channel;
    if (has_channel && ::dup3(prepared.channel, first_other, O_CLOEXEC) == first_other) {
        prepared.channel = first_other;
    }
    if (prepared.channel > first_other) {
        const auto channel = static_cast<unsigned>(prepared.channel);
        ::close_range(first_other, channel - 1, 0);
        ::close_range(channel + 1, ~0U, 0);
    } else {
        ::close_range(first_other + (has_channel ? 1 : 0), ~0U, 0);
    }
    prepared.ignored_signals =
        plan.forget_gate ? common::own_signal_status().ignored : unheeded_signals();
}

[[noreturn]] void exec_shell(const Prepared& prepared) noexcept {
    common::default_signals(prepared.ignored_signals);
    ::execve(
        prepared.plan.command.path.c_str(), prepared.words.data(), prepared.environment.data());
    fail(prepared, Step::exec, errno);
}

void take_line(const Prepared& prepared) noexcept {
    if (prepared.plan.callers_modes) {
        require(::setpgid(0, 0) == 0, prepared, Step::session);
        require(::tcsetpgrp(STDIN_FILENO, ::getpid()) == 0, prepared, Step::terminal);
        return;
    }
    require(::setsid() >= 0, prepared, Step::session);
    require(::ioctl(STDIN_FILENO, TIOCSCTTY, 0) == 0, prepared, Step::terminal);
}

[[noreturn]] void be_shell(Prepared& prepared) noexcept {
    take_line(prepared);
    send(prepared.channel, Step::ready, 0);

    // While login writes the records.
    if (!prepared.has_usual_oom_score) {
        take_usual_oom_score();
    }
    // Not in login itself: what it has to write at the end must not be too large
    // for somebody's limits.
    if (const int problem = take_limits(prepared.plan.limits); problem != 0) {
        fail(prepared, Step::limits, problem);
    }
    const common::User& user = prepared.plan.user;
    if (const int problem = become_for_good(user.uid, user.gid); problem != 0) {
        fail(prepared, Step::identity, problem);
    }
    settle(prepared);

    // Nothing comes if login has died: then nobody would write the logout.
    char go_ahead = 0;
    const auto received =
        common::retry_interrupted([&] { return ::recv(prepared.channel, &go_ahead, 1, 0); });
    require(received >= 0, prepared, Step::go_ahead);
    if (received == 0) {
        ::_exit(1);
    }
    require(set_modes(prepared.plan), prepared, Step::modes);
    exec_shell(prepared);
}

common::Environment at_root(common::Environment environment) {
    environment.set("HOME", "/");
    return environment;
}

/// A session leader gives its terminal up for the shell's session to take. The
/// kernel tells the foreground group, which is us, by SIGHUP.
void give_up_controlling_terminal(const common::Terminal& terminal, pid_t self) {
    if (::ioctl(terminal.descriptor(), TIOCNOTTY) != 0) {
        if (errno != ENOTTY) {
            common::throw_errno("give up", terminal.path());
        }
        // It is not ours, and nobody was told.
    }
    // That SIGHUP bears our own number; somebody else's, that came while the session
    // was opened, hides it, and counts.
    sigset_t orders;
    ::sigemptyset(&orders);
    ::sigaddset(&orders, SIGHUP);
    ::sigaddset(&orders, SIGTERM);
    constexpr timespec at_once{};
    siginfo_t order{};
    while (::sigtimedwait(&orders, &order, &at_once) > 0) {
        if (order.si_signo != SIGHUP || order.si_pid != self) {
            common::log(common::Severity::notice, "told to end before the shell was started");
            throw common::Leave{1};
        }
    }
}

/// The pointers are into the three before them, which live as long.
Prepared prepare(const ShellPlan& plan,
                 std::string& argv0,
                 const common::Environment& environment_at_root,
                 int channel) {
    return {.plan = plan,
            .words = {argv0.data(), nullptr},
            .environment = plan.environment.pointers(),
            .environment_at_root = environment_at_root.pointers(),
            .word_about_home = "\r\n" +
                               filled(translated("The home directory %s cannot be entered; you "
                                                 "are in / instead."),
                                      common::safe_text(plan.user.home)) +
                               "\r\n",
            .channel = channel};
}

Child fork_shell(const ShellPlan& plan, const common::Terminal& terminal, int childs, int ours) {
    const common::Environment environment_at_root = at_root(plan.environment);
    std::string argv0 = plan.command.argv0;
    Prepared prepared = prepare(plan, argv0, environment_at_root, childs);
    prepared.has_usual_oom_score = has_usual_oom_score();
    if (!plan.callers_modes) {
        give_up_controlling_terminal(terminal, plan.login);
    }
    return Child{[&prepared, ours] {
        ::close(ours);
        be_shell(prepared);
    }};
}

/// When the line was last read from.
std::chrono::sys_seconds last_read(const common::Terminal& terminal) {
    struct stat status {};
    if (::fstat(terminal.descriptor(), &status) != 0) {
        return {};
    }
    return std::chrono::sys_seconds{std::chrono::seconds{status.st_atim.tv_sec}};
}

/// No end of the waiting for poll(2).
constexpr std::chrono::milliseconds for_ever{-1};

std::chrono::milliseconds sooner(std::chrono::milliseconds left, std::chrono::milliseconds right) {
    constexpr std::chrono::milliseconds longest = 24h;
    return std::min(left == for_ever ? right : std::min(left, right), longest);
}

}  // namespace

ShellProcess::Channel ShellProcess::make_channel() {
    std::array<int, 2> ends{};
    common::check(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()),
                  "make a channel to the shell");
    return {.ours = common::UniqueFd{ends[0]}, .childs = common::UniqueFd{ends[1]}};
}

pid_t ShellProcess::session() const noexcept {
    return is_guest() ? ::getsid(0) : child_.id();
}

std::optional<LentForeground> ShellProcess::borrow(const ShellPlan& plan,
                                                   const common::Terminal& terminal) {
    return plan.callers_modes
               ? std::optional<LentForeground>{std::in_place, terminal, *plan.callers_modes}
               : std::nullopt;
}

std::optional<Orphans> ShellProcess::adopt(const ShellPlan& plan) {
    return plan.callers_modes ? std::optional<Orphans>{std::in_place} : std::nullopt;
}

LentForeground::~LentForeground() {
    ::tcsetpgrp(terminal_.descriptor(), ::getpgrp());
    common::tolerate("give the line back", [this] {
        terminal_.drain(1s);
        // Also what a program has "typed" for the caller to find.
        terminal_.drop_input();
        terminal_.set_modes(modes_);
    });
}

ShellProcess::ShellProcess(const ShellPlan& plan, const common::Terminal& terminal)
    : plan_(plan),
      terminal_(terminal),
      channel_(make_channel()),
      lent_(borrow(plan, terminal)),
      orphans_(adopt(plan)),
      child_(fork_shell(plan, terminal, channel_.childs.get(), channel_.ours.get())) {
    channel_.childs.reset();
}

void ShellProcess::wait_until_ready() const {
    constexpr int patience = 5000;
    Report report{.step = Step::session, .problem = ETIMEDOUT};
    const auto receive = [&] {
        return ::recv(channel_.ours.get(), &report, sizeof report, MSG_DONTWAIT);
    };
    auto size = receive();
    if (size < 0 && errno == EAGAIN) {
        pollfd source{.fd = channel_.ours.get(), .events = POLLIN, .revents = 0};
        common::retry_interrupted([&source] { return ::poll(&source, 1, patience); });
        size = receive();
    }
    if (size >= 0 && size != static_cast<ssize_t>(sizeof report)) {
        report.problem = EPIPE;
    }
    if (report.step != Step::ready || report.problem != 0) {
        throw std::system_error{report.problem,
                                std::generic_category(),
                                std::string{name_of(report.step)} + " for the shell"};
    }
}

/// Why the shell was not started, if that is what the child has said.
std::optional<std::string> ShellProcess::read_failure() {
    Report report;
    const auto size = common::retry_interrupted(
        [&] { return ::recv(channel_.ours.get(), &report, sizeof report, 0); });
    if (size != static_cast<ssize_t>(sizeof report)) {
        return std::nullopt;
    }
    return words_for(report, plan_);
}

void ShellProcess::release() const {
    wait_until_ready();
    const char go_ahead = 1;
    const auto sent = common::retry_interrupted(
        [&] { return ::send(channel_.ours.get(), &go_ahead, 1, MSG_NOSIGNAL); });
    // One that was killed meanwhile is for wait() to see.
    common::check(sent < 0 && errno == EPIPE ? 0 : sent, "release the shell");
}

ShellEnd ShellProcess::wait(common::SignalQueue& signals,
                            const std::function<void()>& once_started) {
    start_ends_ = std::chrono::steady_clock::now() + plan_.patience;
    if (plan_.idle_limit > 0s) {
        idle_.emplace(plan_.idle_limit, std::chrono::steady_clock::now(), last_read(terminal_));
    }
    if (plan_.ends) {
        closing_.emplace(*plan_.ends);
    }
    ShellEnd end;
    for (;;) {
        std::chrono::milliseconds next = for_ever;
        const bool is_over = this->is_over(next);
        if (is_late(next)) {
            give_up(end,
                    "cannot start " + common::safe_text(plan_.command.path) +
                        ": it did not come to that within " + in_words(plan_.patience));
            child_.send_signal(SIGKILL);
            constexpr auto time_to_die = 1s;
            end.status = child_.wait_for(time_to_die).value_or(SIGKILL);
            return end;
        }
        std::array<pollfd, 5> sources{
            pollfd{.fd = child_.descriptor(), .events = POLLIN, .revents = 0},
            pollfd{.fd = channel_.ours.get(), .events = POLLIN, .revents = 0},
            pollfd{.fd = signals.descriptor(), .events = POLLIN, .revents = 0},
            // No event is asked for: a hang-up is reported without.
            pollfd{.fd = watches_line_ ? terminal_.descriptor() : -1, .events = 0, .revents = 0},
            pollfd{.fd = orphans_ ? orphans_->descriptor() : -1, .events = POLLIN, .revents = 0}};
        if (::poll(sources.data(), sources.size(), is_over ? 0 : static_cast<int>(next.count())) <
            0) {
            continue;
        }
        if (sources[1].revents != 0) {
            if (auto reason = read_failure()) {
                give_up(end, *std::move(reason));
            } else {
                once_started();
                common::give_memory_back();
            }
            channel_.ours.reset();
        }
        if (sources[4].revents != 0) {
            look_after_children();
        }
        if (sources[0].revents != 0) {
            end.status = child_.take_status();
            return end;
        }
        if ((was_told_to_end(signals, sources[3].revents) || is_over) && !end_shell()) {
            common::log(common::Severity::error,
                        "the shell hangs in the kernel: the session ends without it");
            end.status = SIGKILL;
            return end;
        }
    }
}

/// There will be no shell; as long as its process is there the line takes the words.
void ShellProcess::give_up(ShellEnd& end, std::string reason) {
    end.reference = new_reference();
    // The shell would have: nobody who comes next is to type blind.
    common::tolerate("set the line's modes", [this] { terminal_.set_modes(plan_.modes); });
    terminal_.write(as_last_words(reason, end.reference));
    terminal_.drain(1s);
    end.not_started = std::move(reason);
}

/// The channel is open until the child has become the shell.
bool ShellProcess::is_late(std::chrono::milliseconds& next) const {
    if (!channel_.ours.is_open() || plan_.patience == 0s) {
        return false;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        start_ends_ - std::chrono::steady_clock::now());
    next = sooner(next, std::max<std::chrono::milliseconds>(left, 0ms));
    return left <= 0ms;
}

/// Says what is due; true once, when a time is over. `next` comes to when the next
/// look is due.
bool ShellProcess::is_over(std::chrono::milliseconds& next) {
    const bool idle = is_idle_too_long(next);
    const bool closed = is_closed(next);
    if (idle || closed) {
        idle_.reset();
        closing_.reset();
    }
    return idle || closed;
}

bool ShellProcess::is_idle_too_long(std::chrono::milliseconds& next) {
    if (!idle_) {
        return false;
    }
    const auto advice =
        idle_->look(std::chrono::steady_clock::now(),
                    std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()),
                    last_read(terminal_));
    next = sooner(next, advice.next);
    return has_been_idle(advice);
}

bool ShellProcess::is_closed(std::chrono::milliseconds& next) {
    if (!closing_) {
        return false;
    }
    // A stopped line must not hold us.
    constexpr auto patience = 500ms;
    const auto advice = closing_->look(
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
    next = sooner(next, advice.next);
    switch (advice.step) {
        case ClosingTime::Step::wait: return false;
        case ClosingTime::Step::warn:
            terminal_.write(
                "\r\n\a" + std::string{translated("Your time on this line is over in a minute.")} +
                    "\r\n",
                patience);
            return false;
        case ClosingTime::Step::end: break;
    }
    common::log(common::Severity::notice, "ending the session: its time is over (/etc/porttime)");
    terminal_.write("\r\n" + std::string{translated("Your time on this line is over.")} + "\r\n",
                    patience);
    return true;
}

/// Says what is due; true when the time is over.
bool ShellProcess::has_been_idle(IdleWatch::Advice advice) const {
    // A stopped line must not hold us.
    constexpr auto patience = 500ms;
    const std::chrono::seconds limit = idle_->limit();
    switch (advice.step) {
        case IdleWatch::Step::wait: return false;
        case IdleWatch::Step::warn:
            terminal_.write(
                "\r\n\a" +
                    filled(
                        translated("Nothing was typed for a while: this session "
                                   "ends in %s unless something is."),
                        in_spoken_words(std::chrono::ceil<std::chrono::seconds>(idle_->notice()))) +
                    "\r\n",
                patience);
            return false;
        case IdleWatch::Step::end: break;
    }
    common::log(common::Severity::notice,
                "ending the session: nothing was typed for " + in_words(limit));
    terminal_.write("\r\n" +
                        filled(translated("This session ends: nothing was typed for %s."),
                               in_spoken_words(limit)) +
                        "\r\n",
                    patience);
    return true;
}

void ShellProcess::look_after_children() {
    orphans_->reap_all_but(child_.id());
    siginfo_t stopped{};
    const auto id = static_cast<id_t>(child_.id());
    if (is_guest() && ::waitid(P_PID, id, &stopped, WSTOPPED | WNOHANG) == 0 &&
        stopped.si_pid == child_.id()) {
        step_aside();
    }
}

/// A shell that was stopped in its own session would stay so; as a guest it stops
/// its caller's whole job, and the caller goes on until they want it back. The
/// kernel does not stop us where nobody could continue us: then the shell goes on.
void ShellProcess::step_aside() const {
    // Keys stop no login, so it is ignored everywhere else; only the default stops.
    ::signal(SIGTSTP, SIG_DFL);
    ::kill(0, SIGTSTP);
    ::signal(SIGTSTP, SIG_IGN);
    if (::tcgetpgrp(terminal_.descriptor()) == ::getpgrp()) {
        ::tcsetpgrp(terminal_.descriptor(), child_.id());
    }
    // Nobody but us waits for it: the group's number is still its own.
    ::kill(-child_.id(), SIGCONT);
}

bool ShellProcess::was_told_to_end(common::SignalQueue& signals, short line_events) {
    if (const auto number = signals.next()) {
        common::log(
            common::Severity::notice,
            std::string{"ending the session: login was sent SIG"} + ::sigabbrev_np(*number));
        return true;
    }
    if (!watches_line_ || (line_events & (POLLHUP | POLLERR | POLLNVAL)) == 0) {
        return false;
    }
    watches_line_ = false;
    // The end of the shell hangs up a real line too, and comes a moment later.
    constexpr auto moment = 50ms;
    if (child_.wait_for(moment)) {
        return false;
    }
    common::log(common::Severity::notice, "ending the session: the line was hung up");
    return true;
}

bool ShellProcess::end_shell() {
    constexpr auto patience = 3s;
    constexpr auto time_to_die = 1s;
    child_.send_signal(SIGHUP);
    // A stopped shell has to run to be able to end.
    child_.send_signal(SIGCONT);
    if (child_.wait_for(patience)) {
        return true;
    }
    child_.send_signal(SIGKILL);
    return child_.wait_for(time_to_die).has_value();
}

pid_t lead_session_on(const common::Terminal& terminal) {
    if (::getsid(0) != ::getpid()) {
        common::check(::setsid(), "begin a session");
    }
    if (::tcgetsid(terminal.descriptor()) != ::getpid()) {
        terminal.become_controlling();
    }
    const common::IgnoredSignal stop{SIGTTOU};
    common::check(::tcsetpgrp(terminal.descriptor(), ::getpgrp()), "take", terminal.path());
    return ::getpid();
}

void become_shell(const ShellPlan& plan) {
    const common::Environment environment_at_root = at_root(plan.environment);
    std::string argv0 = plan.command.argv0;
    Prepared prepared = prepare(plan, argv0, environment_at_root, no_channel);
    take_usual_oom_score();
    if (!set_modes(plan)) {
        common::throw_errno(name_of(Step::modes));
    }
    if (const int problem = take_limits(plan.limits); problem != 0) {
        errno = problem;
        common::throw_errno(name_of(Step::limits));
    }
    if (const int problem = become_for_good(plan.user.uid, plan.user.gid); problem != 0) {
        // While this is still root's process the rest can be undone.
        if (::geteuid() == 0 && ::setresgid(0, 0, 0) == 0) {
            errno = problem;
            common::throw_errno(name_of(Step::identity));
        }
        fail(prepared, Step::identity, problem);
    }
    settle(prepared);
    exec_shell(prepared);
}

}  // namespace login
