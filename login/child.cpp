#include "login/child.hpp"

#include "common/syscall.hpp"

#include <algorithm>
#include <csignal>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

// glibc 2.36 forgot that its header might be read by a C++ compiler.
extern "C" {
#include <sys/pidfd.h>
}

namespace login {

using namespace std::chrono_literals;

pid_t Child::begin() {
    id_ = common::check(::fork(), "fork");
    if (id_ == 0) {
        return 0;
    }
    // Nobody else waits for our children: the number is still this one's.
    fd_.reset(::pidfd_open(id_, 0));
    if (!fd_.is_open()) {
        const int problem = errno;
        ::kill(id_, SIGKILL);
        common::retry_interrupted([this] { return ::waitpid(id_, nullptr, 0); });
        errno = problem;
        common::throw_errno("watch a child");
    }
    return id_;
}

void Child::leave() noexcept {
    ::_exit(1);
}

Child::~Child() {
    if (!status_) {
        send_signal(SIGKILL);
        // One that hangs in the kernel (a file system that never answers) is
        // left to whoever reaps orphans: it must not hold the login.
        constexpr auto moment = 200ms;
        wait_for(moment);
    }
}

void Child::send_signal(int number) const noexcept {
    if (!status_) {
        ::pidfd_send_signal(fd_.get(), number, nullptr, 0);
    }
}

std::optional<int> Child::wait_for(std::chrono::milliseconds patience) {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + patience;
    while (!status_) {
        pollfd child{.fd = fd_.get(), .events = POLLIN, .revents = 0};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
        const int ready =
            ::poll(&child,
                   1,
                   static_cast<int>(std::clamp<std::chrono::milliseconds>(left, 0ms, 1h).count()));
        if (ready > 0) {
            return take_status();
        } else if (Clock::now() >= end) {
            return std::nullopt;
        }
    }
    return status_;
}

int Child::take_status() {
    if (!status_) {
        int status = 0;
        const pid_t ended = common::retry_interrupted([&] { return ::waitpid(id_, &status, 0); });
        // ECHILD: somebody set SIGCHLD to ignore; it has ended all the same.
        status_ = ended == id_ ? status : 0;
    }
    return *status_;
}

}  // namespace login
