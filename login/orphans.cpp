#include "login/orphans.hpp"

#include "common/log.hpp"
#include "common/process_table.hpp"
#include "common/syscall.hpp"

#include <chrono>
#include <csignal>
#include <vector>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace login {

namespace {

/// Our children whom the line can still control. None can end and have its number
/// taken by somebody else before we have waited for it.
std::vector<pid_t> children_in_our_session() {
    std::vector<pid_t> found;
    for (const common::ProcessEntry& process : common::ProcessTable{}.read()) {
        if (process.parent == ::getpid() && process.session == ::getsid(0) &&
            !process.has_ended()) {
            found.push_back(process.id);
        }
    }
    return found;
}

}  // namespace

Orphans::Orphans() : children_{SIGCHLD} {
    common::check(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "adopt orphans");
}

Orphans::~Orphans() {
    common::tolerate("end what the session has left behind",
                     [this] { end_those_in_our_session(); });
}

void Orphans::reap_all_but(pid_t child) noexcept {
    while (children_.next()) {
    }
    for (;;) {
        siginfo_t ended{};
        if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0 ||
            ended.si_pid == child) {
            return;
        }
        ::waitpid(ended.si_pid, nullptr, 0);
    }
}

void Orphans::end_those_in_our_session() {
    using Clock = std::chrono::steady_clock;
    using namespace std::chrono_literals;
    const auto patience_ends = Clock::now() + 1s;
    const auto end = patience_ends + 1s;
    constexpr int moment = 20;
    constexpr pid_t nobody = 0;
    while (Clock::now() < end) {
        reap_all_but(nobody);
        const auto left = children_in_our_session();
        if (left.empty()) {
            return;
        }
        for (const pid_t child : left) {
            // One that ends gives its own children to us: there may be more of them
            // in every round.
            ::kill(child, Clock::now() < patience_ends ? SIGHUP : SIGKILL);
            ::kill(child, SIGCONT);
        }
        pollfd source{.fd = descriptor(), .events = POLLIN, .revents = 0};
        ::poll(&source, 1, moment);
    }
}

}  // namespace login
