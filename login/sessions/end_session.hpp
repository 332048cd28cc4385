#pragma once

#include "login/sessions/machine.hpp"
#include "login/sessions/options.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

namespace sessions {

/// Who runs us; what must not be ended.
struct Caller {
    pid_t process = 0;
    pid_t session = 0;
};

/// The session that the command line means. Only the kernel says what is on a
/// line, never a record. Throws common::UsageError where there is none, several
/// (lines of containers have the same numbers), or it is not to be ended by its
/// number: process 1's, and the caller's own.
[[nodiscard]] pid_t session_to_end(const Options& options,
                                   const Picture& picture,
                                   const Caller& caller);

/// The processes to be ended: those of the session, and what escaped. Never
/// process 1, never the caller, nor others of the caller's session unless that
/// is the one.
[[nodiscard]] std::vector<common::ProcessEntry> processes_to_end(
    pid_t session,
    std::span<const pid_t> escaped,
    std::span<const common::ProcessEntry> processes,
    const Caller& caller);

/// How it went.
struct Ended {
    std::size_t by_hang_up = 0;
    std::size_t by_terminate = 0;
    std::size_t by_kill = 0;
    std::vector<pid_t> left{};  ///< still there
    int last_problem = 0;       ///< errno of a signal that could not be sent
};

/// Hangs up, asks to end, kills; each to all of them, through descriptors, so
/// that no number can come to mean another process. Waits two seconds after
/// the first, three after the second, three after the last, and never longer than there
/// is somebody left. What they start meanwhile is theirs.
[[nodiscard]] Ended end_session(pid_t session, const Machine& machine, const Caller& caller);

/// For people.
[[nodiscard]] std::string told(const Ended& ended, pid_t session);

}  // namespace sessions
