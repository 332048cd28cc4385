#include "login/orphans.hpp"

#include "common/log.hpp"
#include "common/process_table.hpp"
#include "common/syscall.hpp"
#include "common/unique_fd.hpp"
#include "login/line_holders.hpp"

#include <csignal>
#include <string>
#include <vector>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace login {

using namespace std::chrono_literals;

namespace {

/// Sends it, if the process is at the line: in our session, which the line can still
/// control, or with the line open. Returns whether it is. Some fork and exit faster
/// than a look at everybody takes: from the number to the signal nothing else is done.
bool signal_if_at_line(const Descendant& process, int number, const common::Terminal& line) {
    const common::UniqueFd handle{static_cast<int>(::syscall(SYS_pidfd_open, process.id, 0))};
    // What the handle is of: a number can have been given away since.
    const auto now = common::ProcessTable{}.find(process.id);
    const bool is_ours = now && (now->parent == process.parent || now->parent == ::getpid());
    if (!handle.is_open() || !is_ours || has_gone(*now)) {
        return false;
    }
    if (now->session != ::getsid(0) && !has_open(process.id, line)) {
        return false;
    }
    ::syscall(SYS_pidfd_send_signal, handle.get(), number, nullptr, 0);
    if (number == SIGHUP) {
        ::syscall(SYS_pidfd_send_signal, handle.get(), SIGCONT, nullptr, 0);
    }
    return true;
}

}  // namespace

Orphans::Orphans(const common::Terminal& line) : children_{SIGCHLD}, line_(line) {
    common::check(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "adopt orphans");
}

Orphans::~Orphans() {
    common::tolerate("end what the session has left behind", [this] { end_those_at_line(); });
}

bool Orphans::reap_all_but(pid_t child) noexcept {
    while (children_.next()) {
    }
    for (bool has_reaped = false;; has_reaped = true) {
        siginfo_t ended{};
        if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0 ||
            ended.si_pid == child) {
            return has_reaped;
        }
        ::waitpid(ended.si_pid, nullptr, 0);
    }
}

/// Returns how many there are.
std::size_t Orphans::signal_those_at_line(int number, Clock::time_point end) {
    std::size_t count = 0;
    std::vector<Descendant> found = children_of(::getpid());
    while (!found.empty()) {
        const Descendant next = found.back();
        found.pop_back();
        if (signal_if_at_line(next, number, line_)) {
            ++count;
        }
        if (Clock::now() >= end) {
            return count + found.size();
        }
        const auto children = children_of(next.id);
        found.insert(found.end(), children.begin(), children.end());
    }
    return count;
}

void Orphans::end_those_at_line() {
    constexpr pid_t nobody = 0;
    constexpr int moment = 20;
    constexpr int shorter_moment = 1;
    // Who forks and exits without end may not be there at the moment of a look.
    constexpr int enough_quiet_looks = 5;
    const auto patience_ends = Clock::now() + 1s;
    const auto end = patience_ends + 2s;
    for (int quiet_looks = 0; quiet_looks < enough_quiet_looks;) {
        const bool has_somebody_ended = reap_all_but(nobody);
        const bool is_patient = Clock::now() < patience_ends;
        const std::size_t left = signal_those_at_line(is_patient ? SIGHUP : SIGKILL, end);
        quiet_looks = left == 0 && !has_somebody_ended ? quiet_looks + 1 : 0;
        if (Clock::now() >= end) {
            common::log(
                common::Severity::warning,
                "what the user has left at the terminal does not end: " + std::to_string(left) +
                    (left == 1 ? " process" : " processes") + " when last looked");
            return;
        }
        if (left > 0) {
            pollfd source{.fd = descriptor(), .events = POLLIN, .revents = 0};
            ::poll(&source, 1, is_patient ? moment : shorter_moment);
        }
    }
}

}  // namespace login
