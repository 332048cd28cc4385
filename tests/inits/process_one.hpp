#pragma once

#include "tests/pty/process.hpp"

#include <sys/types.h>

namespace inits {

/// Starts a program as process 1 of a pid namespace of its own, with a mount
/// namespace in which /proc is that one's and what it sets up in the kernel cannot
/// be written: an init. It and all that it starts
/// end with the Process or the World.
/// `command.before_exec` runs in it, as process 1.
[[nodiscard]] pty::Process start_as_process_one(pty::Command command);

/// The id by which a process is known in the namespace it is in, innermost.
[[nodiscard]] pid_t id_inside(pid_t process);

}  // namespace inits
