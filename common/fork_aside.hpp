#pragma once

#include "common/unique_fd.hpp"

#include <sys/types.h>

namespace common {

/// fork(2) for a child that tells nobody of its end by a signal, and that no wait(2) sees
/// which waits for any child: it is waited for with __WALL and its number. `handle`
/// becomes a pidfd of it, the parent's. Returns 0 in the child, where the C library's
/// handlers at fork have not run. Throws std::system_error.
[[nodiscard]] pid_t fork_aside(UniqueFd& handle);
/// The same without a pidfd, which costs as much as a tenth of the fork. Until it is waited
/// for, its number is nobody else's.
[[nodiscard]] pid_t fork_aside();

}  // namespace common
