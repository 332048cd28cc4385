#pragma once

#include "common/unique_fd.hpp"

#include <sys/types.h>

namespace common {

/// fork(2) for a child that tells nobody of its end by a signal, and that no wait(2) sees
/// which waits for any child: it is waited for with __WALL and its number. `handle`
/// becomes a pidfd of it, the parent's. Returns 0 in the child, where the C library's
/// handlers at fork have not run. Throws std::system_error.
[[nodiscard]] pid_t fork_aside(UniqueFd& handle);

}  // namespace common
