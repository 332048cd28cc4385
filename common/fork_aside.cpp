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

pid_t fork_aside(UniqueFd& handle) {
    int descriptor = -1;
    clone_args how{};
    how.flags = CLONE_PIDFD;
    how.pidfd = reinterpret_cast<std::uintptr_t>(&descriptor);
    auto child = static_cast<pid_t>(::syscall(SYS_clone3, &how, sizeof how));
    if (child < 0 && (errno == ENOSYS || errno == EPERM)) {
        // A container may forbid what is newer than itself.
        child = ::fork();
        if (child > 0) {
            descriptor = ::pidfd_open(child, 0);
        }
    }
    check(child, "fork");
    if (child > 0) {
        handle.reset(descriptor);
    }
    return child;
}

}  // namespace common
