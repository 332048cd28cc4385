#pragma once

#include <initializer_list>
#include <span>
#include <vector>

#include <linux/filter.h>

namespace common {

/// A program for seccomp(2) that lets a process make the system calls of these
/// numbers (SYS_read, ...), and ioctl(2) with these requests; every other fails with
/// EPERM, and those of another architecture than ours end the process. Pure; empty
/// where we do not know how the kernel calls this architecture.
[[nodiscard]] std::vector<sock_filter> build_syscall_filter(
    std::span<const long> calls, std::span<const unsigned long> requests);

/// From here on this process, and whatever it may start, has only that left; there is
/// no way back. Returns 0, or the errno of what failed: ENOSYS or EINVAL where the
/// kernel has no seccomp. Async-signal-safe.
[[nodiscard]] int confine_to(std::span<sock_filter> filter) noexcept;

}  // namespace common
