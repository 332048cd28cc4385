#include "login/shell_start.hpp"

#include "common/language.hpp"
#include "common/log.hpp"
#include "common/program.hpp"
#include "common/safe_text.hpp"
#include "common/syscall.hpp"
#include "login/clean_start.hpp"
#include "login/process_identity.hpp"
#include "login/refusal.hpp"
#include "login/session_limits.hpp"

#include <array>
#include <csignal>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace login {

using namespace std::chrono_literals;
using common::filled;
using common::translated;

namespace {

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

void send(int channel, StartStep step, int problem) noexcept {
    const StartReport report{.step = step, .problem = problem};
    ::send(channel, &report, sizeof report, MSG_NOSIGNAL);
}

/// Nobody waits who could say it or undo anything: the next getty does that.
void report_here(const ShellPlan& plan, const StartReport& report) noexcept {
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
[[noreturn]] void fail(const Prepared& prepared, StartStep step, int problem) noexcept {
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

void require(bool succeeded, const Prepared& prepared, StartStep step) noexcept {
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
        fail(prepared, StartStep::home, problem);
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
    fail(prepared, StartStep::exec, errno);
}

void take_line(const Prepared& prepared) noexcept {
    if (prepared.plan.callers_modes) {
        require(::setpgid(0, 0) == 0, prepared, StartStep::session);
        require(::tcsetpgrp(STDIN_FILENO, ::getpid()) == 0, prepared, StartStep::terminal);
        return;
    }
    require(::setsid() >= 0, prepared, StartStep::session);
    require(::ioctl(STDIN_FILENO, TIOCSCTTY, 0) == 0, prepared, StartStep::terminal);
}

[[noreturn]] void be_shell(Prepared& prepared) noexcept {
    take_line(prepared);
    send(prepared.channel, StartStep::ready, 0);

    // While login writes the records.
    if (!prepared.has_usual_oom_score) {
        take_usual_oom_score();
    }
    // Not in login itself: what it has to write at the end must not be too large
    // for somebody's limits.
    if (const int problem = take_limits(prepared.plan.limits); problem != 0) {
        fail(prepared, StartStep::limits, problem);
    }
    const common::User& user = prepared.plan.user;
    if (const int problem = become_for_good(user.uid, user.gid); problem != 0) {
        fail(prepared, StartStep::identity, problem);
    }
    settle(prepared);

    // Nothing comes if login has died: then nobody would write the logout.
    char go_ahead = 0;
    const auto received =
        common::retry_interrupted([&] { return ::recv(prepared.channel, &go_ahead, 1, 0); });
    require(received >= 0, prepared, StartStep::go_ahead);
    if (received == 0) {
        ::_exit(1);
    }
    require(set_modes(prepared.plan), prepared, StartStep::modes);
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
            leave_before_shell();
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

}  // namespace

std::string_view name_of(StartStep step) {
    switch (step) {
        case StartStep::ready: return "get ready";
        case StartStep::session: return "begin a session";
        case StartStep::terminal: return "take the terminal";
        case StartStep::go_ahead: return "wait for login";
        case StartStep::limits: return "set the limits of the session";
        case StartStep::identity: return "become the user";
        case StartStep::home: return "enter the home directory";
        case StartStep::modes: return "set the terminal's modes";
        case StartStep::exec: return "start";
    }
    return "go on";
}

std::string words_for(const StartReport& report, const ShellPlan& plan) {
    std::string words = "cannot " + std::string{name_of(report.step)};
    if (report.step == StartStep::exec) {
        words += " " + common::safe_text(plan.command.path);
    } else if (report.step == StartStep::home) {
        words += " " + common::safe_text(plan.user.home);
    }
    return words + ": " + common::error_text(report.problem);
}

std::string as_last_words(const std::string& words, const std::string& reference) {
    return "\r\nlogin: " + words + " (ref " + reference + ")\r\n";
}

void leave_before_shell() {
    common::log(common::Severity::notice, "told to end before the shell was started");
    throw common::Leave{1};
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
    // login has not heeded it; a child would not have it.
    common::stop_inherited_alarm();
    if (!set_modes(plan)) {
        common::throw_errno(name_of(StartStep::modes));
    }
    if (const int problem = take_limits(plan.limits); problem != 0) {
        errno = problem;
        common::throw_errno(name_of(StartStep::limits));
    }
    if (const int problem = become_for_good(plan.user.uid, plan.user.gid); problem != 0) {
        // While this is still root's process the rest can be undone.
        if (::geteuid() == 0 && ::setresgid(0, 0, 0) == 0) {
            errno = problem;
            common::throw_errno(name_of(StartStep::identity));
        }
        fail(prepared, StartStep::identity, problem);
    }
    settle(prepared);
    exec_shell(prepared);
}

}  // namespace login
