#pragma once

#include "common/unique_fd.hpp"

namespace common {

/// What a path leads to (O_PATH), as far as the kernel knows it by heart: it never waits
/// for a disk or a server. `flags` are open(2)'s, `directory` is as for openat(2). Where
/// it does not know, errno is EAGAIN, or ENOSYS before Linux 5.12.
[[nodiscard]] UniqueFd find_cached(int directory, const char* path, int flags) noexcept;

enum class FileSystem {
    in_memory,  ///< it knows everything by heart
    on_disk,    ///< of this machine
    other,      ///< a server's, a program's, or nobody can tell without asking it
};

/// The kind of file system that an open file is on. Asks the kernel and not the file
/// system, which takes statmount(2) of Linux 6.8.
[[nodiscard]] FileSystem file_system_of(const UniqueFd& file) noexcept;

}  // namespace common
