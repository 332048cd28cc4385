#include "login/shell_process.hpp"

#include "common/language.hpp"
#include "common/log.hpp"
#include "common/program.hpp"
#include "common/safe_text.hpp"
#include "common/spare_memory.hpp"
#include "common/syscall.hpp"
#include "login/refusal.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <system_error>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace login {

using namespace std::chrono_literals;
using common::filled;
using common::translated;

namespace {

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

std::optional<Orphans> ShellProcess::adopt(const ShellPlan& plan,
                                           const common::Terminal& terminal) {
    return plan.callers_modes ? std::optional<Orphans>{std::in_place, terminal} : std::nullopt;
}

LentForeground::~LentForeground() {
    ::tcsetpgrp(terminal_.descriptor(), ::getpgrp());
    common::tolerate("give the line back", [this] {
        terminal_.drain(1s);
        // Also what a program has "typed" for the caller to find, and a line without an
        // end, which in these modes nobody reads and in the caller's somebody does.
        terminal_.drop_input();
        ::tcflush(terminal_.descriptor(), TCIFLUSH);
        terminal_.set_modes(modes_);
    });
}

ShellProcess::ShellProcess(const ShellPlan& plan, const common::Terminal& terminal)
    : plan_(plan),
      terminal_(terminal),
      channel_(make_channel()),
      lent_(borrow(plan, terminal)),
      orphans_(adopt(plan, terminal)),
      child_(fork_shell(plan, terminal, channel_.childs.get(), channel_.ours.get())) {
    channel_.childs.reset();
}

void ShellProcess::wait_until_ready() const {
    constexpr int patience = 5000;
    StartReport report{.step = StartStep::session, .problem = ETIMEDOUT};
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
    if (report.step != StartStep::ready || report.problem != 0) {
        throw std::system_error{report.problem,
                                std::generic_category(),
                                std::string{name_of(report.step)} + " for the shell"};
    }
}

/// Why the shell was not started, if that is what the child has said.
std::optional<std::string> ShellProcess::read_failure() {
    StartReport report;
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
        continue_shell(next);
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
    if (::waitid(P_PID, id, &stopped, WSTOPPED | WNOHANG) == 0 && stopped.si_pid == child_.id()) {
        is_stopped_ = true;
    }
}

/// Nobody is there to stop for: the caller's shell would get the line in the middle
/// of somebody else's session. A shell that stops itself again and again is not worth
/// more than a look now and then; `next` comes to when that is due.
void ShellProcess::continue_shell(std::chrono::milliseconds& next) {
    if (!is_stopped_) {
        return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now < may_continue_) {
        next = sooner(next, std::chrono::ceil<std::chrono::milliseconds>(may_continue_ - now));
        return;
    }
    constexpr auto pause = 100ms;
    may_continue_ = now + pause;
    is_stopped_ = false;
    // Who continued us, in the foreground, meant the shell.
    if (::tcgetpgrp(terminal_.descriptor()) == ::getpgrp()) {
        ::tcsetpgrp(terminal_.descriptor(), child_.id());
    }
    child_.send_signal(SIGCONT);
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
    if (channel_.ours.is_open()) {
        // A child that is not the shell yet hears no signal, and waits for us to have
        // read what it has to say.
        ::shutdown(channel_.ours.get(), SHUT_WR);
    }
    child_.send_signal(SIGHUP);
    // A stopped shell has to run to be able to end.
    child_.send_signal(SIGCONT);
    if (child_.wait_for(patience)) {
        return true;
    }
    child_.send_signal(SIGKILL);
    return child_.wait_for(time_to_die).has_value();
}

}  // namespace login
