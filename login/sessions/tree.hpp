#pragma once

#include "common/process_table.hpp"

#include <span>
#include <string>

#include <sys/types.h>

namespace sessions {

/// Whether nobody in the session could continue the group: the parent of each
/// of its members is in the group itself or in another session (POSIX,
/// "orphaned process group"). The group of a session's leader always is.
[[nodiscard]] bool is_orphaned(pid_t group,
                               pid_t session,
                               std::span<const common::ProcessEntry> processes);

/// The processes of a session and what escaped from it, children below their
/// parents, with their groups' marks; empty if there are none.
[[nodiscard]] std::string tree_of(pid_t session,
                                  std::span<const pid_t> escaped,
                                  std::span<const common::ProcessEntry> processes);

}  // namespace sessions
