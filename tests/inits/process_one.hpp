#pragma once

#include "tests/pty/process.hpp"

#include <string>

namespace inits {

/// A folder with the files of a Debian package, downloaded by tests/fetch unless
/// it has been before. Skips the running test case where that cannot be done.
/// Call it before there is a World, which hides the cache.
[[nodiscard]] std::string fetched_package(const std::string& name);

/// The same, a file of it, whole.
[[nodiscard]] std::string fetched_file(const std::string& package, const std::string& path);

/// Starts a program as process 1 of a pid namespace of its own, with a mount
/// namespace in which /proc is that one's: an init. It and all that it starts
/// end with the Process or the World.
[[nodiscard]] pty::Process start_as_process_one(pty::Command command);

/// The id by which a process is known in the namespace it is in, innermost.
[[nodiscard]] pid_t id_inside(pid_t process);

}  // namespace inits
