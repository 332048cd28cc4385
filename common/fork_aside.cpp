#include "common/fork_aside.hpp"

#include "common/syscall.hpp"

#include <cstdint>

#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

// glibc 2.36 forgot that its header might be read by a C++ compiler.
extern "C" {
#include <sys/pidfd.h>
}

namespace common {

namespace {

pid_t fork_as(clone_args how) {
    const auto child = static_cast<pid_t>(::syscall(SYS_clone3, &how, sizeof how));
    const bool is_forbidden = child < 0 && (errno == ENOSYS || errno == EPERM);
    // A container may forbid what is newer than itself.
    return check(is_forbidden ? ::fork() : child, "fork");
}

}  // namespace

pid_t fork_aside(UniqueFd& handle) {
    int descriptor = -1;
    clone_args how{};
    how.flags = CLONE_PIDFD;
    how.pidfd = reinterpret_cast<std::uintptr_t>(&descriptor);
    const pid_t child = fork_as(how);
    if (child > 0) {
        handle.reset(descriptor >= 0 ? descriptor : ::pidfd_open(child, 0));
    }
    return child;
}

pid_t fork_aside() {
    return fork_as({});
}

}  // namespace common
