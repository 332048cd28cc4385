#pragma once

#include <initializer_list>
#include <span>
#include <vector>

#include <linux/filter.h>

namespace common {

/// A sanitizer makes system calls of its own, and ends a process where it cannot.
#if defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TTYGATE_IS_SANITIZED 1
#endif
#endif
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__ || defined TTYGATE_IS_SANITIZED
inline constexpr bool can_be_confined = false;
#else
inline constexpr bool can_be_confined = true;
#endif

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

/// Whether this kernel takes such programs.
[[nodiscard]] bool has_seccomp() noexcept;

/// From here on this process can read(2), write(2), return from signal handlers and end
/// itself by SYS_exit (not by _exit(2)); every other call, also of another architecture,
/// and a look at the processor's clock kill it. There is nothing to build for it, and the kernel keeps
/// nothing. Returns 0, or an errno: EINVAL where the kernel has no seccomp, or
/// somebody has confined us to a filter before. Async-signal-safe.
[[nodiscard]] int confine_to_reading_and_writing() noexcept;

}  // namespace common
