#pragma once

#include "common/process_table.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

namespace sessions {

using StartTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// A session that has a terminal, as the kernel knows it.
struct TerminalSession {
    common::ProcessEntry leader{};
    pid_t foreground = -1;      ///< the group in the foreground; -1: there is none
    std::string command{};      ///< of that group; anything but NUL
    std::size_t processes = 0;  ///< with this session id, those not counted that have ended

    // What takes more looking than at the table of processes.
    std::string line{};  ///< without "/dev/"
    std::optional<uid_t> uid{};
    std::string user{};
    std::optional<std::chrono::seconds> idle{};
    std::string host{};  ///< by logind, which need not be there
    StartTime started{};
    std::vector<pid_t> escaped{};

    [[nodiscard]] pid_t id() const { return leader.id; }
};

/// The process with this id among processes in the order of their ids, or null.
[[nodiscard]] const common::ProcessEntry* find_process(
    std::span<const common::ProcessEntry> processes, pid_t id);

/// The sessions that have a terminal, in the order of their lines. Takes
/// processes in the order of their ids.
[[nodiscard]] std::vector<TerminalSession> terminal_sessions(
    std::span<const common::ProcessEntry> processes);

}  // namespace sessions
