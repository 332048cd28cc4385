#pragma once

namespace common {

/// From here on this process may name no file at all, make no connection by TCP, and reach no
/// process outside by signals or abstract sockets, as far as the kernel's Landlock goes
/// (landlock(7)); what is open stays open, and there is no way back. no_new_privs is to be set before.
/// Returns 0, or the errno of what failed: ENOSYS or EOPNOTSUPP where there is no Landlock.
/// Async-signal-safe.
[[nodiscard]] int give_up_files() noexcept;

/// Whether this kernel has it, switched on.
[[nodiscard]] bool has_landlock() noexcept;

}  // namespace common
