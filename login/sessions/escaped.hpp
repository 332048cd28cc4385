#pragma once

#include "common/process_table.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace sessions {

/// A cgroup made for one login, from the text of /proc/PID/cgroup: the path down
/// to a directory called session-N.scope, as systemd-logind(8) names them, in
/// the unified or in systemd's own hierarchy. Empty for any other, which may be
/// shared: it proves nothing.
[[nodiscard]] std::string session_cgroup(std::string_view cgroups);

/// What has left a session by setsid(2), in the order of the ids. `marked` are
/// the processes that carry the mark of the login that the session came from,
/// sorted: its audit session, or its cgroup. What descends from the session is
/// its own; what has lost its parent is so only if the login was made for this
/// session alone: nothing marked is older, none of the marked processes above
/// the leader (login, sshd) has a terminal or started anything else that is
/// marked. A desktop or a connection with two shells proves nothing.
[[nodiscard]] std::vector<pid_t> escaped_from(pid_t session,
                                              std::span<const common::ProcessEntry> processes,
                                              std::span<const pid_t> marked);

}  // namespace sessions
