#pragma once

#include "login/limits.hpp"

#include <cstdint>

namespace login {

/// ULIMIT as a limit, unless the user's own limits have one for files: 512 bytes
/// for each block.
[[nodiscard]] UserLimits with_largest_file(UserLimits limits, std::uint64_t blocks);

/// True where somebody has set a limit for files already.
[[nodiscard]] bool has_file_limit();

/// What of the limits can be set here. Without CAP_SYS_RESOURCE, in a container,
/// nobody can raise a limit above what its maker allows: then that is the limit,
/// and the log says so. The user has less than was meant, never more.
[[nodiscard]] UserLimits within_reach(UserLimits limits);

/// Sets them for this process, which is still root. Returns 0, or the errno of
/// what failed. Async-signal-safe.
[[nodiscard]] int take_limits(const UserLimits& limits) noexcept;

}  // namespace login
