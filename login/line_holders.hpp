#pragma once

#include "common/process_table.hpp"
#include "common/terminal.hpp"

#include <vector>

#include <sys/types.h>

namespace login {

/// A process that this one, or one like it, has started or adopted.
struct Descendant {
    pid_t id = 0;
    pid_t parent = 0;  ///< when it was found
};

/// The children of a process, by /proc/PID/task/TID/children (proc(5)), which takes
/// microseconds whatever else runs; by looking at all processes where the kernel has
/// no such file. None of a process that has gone.
[[nodiscard]] std::vector<Descendant> children_of(pid_t parent);

/// Whether all of its threads have ended: its first one may do so before the others.
[[nodiscard]] bool has_gone(const common::ProcessEntry& process);

/// Whether a process has the line open, under whatever name. Nothing is opened and no
/// file system asked. True also where that cannot be seen: it hides its descriptors,
/// or has more of them than are looked at.
[[nodiscard]] bool has_open(pid_t process, const common::Terminal& line);

}  // namespace login
