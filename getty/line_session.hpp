#pragma once

#include "common/terminal.hpp"
#include "common/unique_fd.hpp"

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace getty {

/// Somebody who is logged in on a line.
struct LineSession {
    common::UniqueFd leader;  ///< pidfd of the session's leader: readable when it has ended
    pid_t id = 0;
    std::string user{};
};

/// The session that a login has recorded for the line, if the kernel agrees that
/// it lives and has the line for its terminal. A process that just holds on to
/// the line, without such a record, is none: a hang-up is what it gets. Our own
/// session is none either.
[[nodiscard]] std::optional<LineSession> session_on(const common::Terminal& line);

/// Whether the text of /proc/PID/stat is that of a session's leader with this
/// controlling terminal; proc(5), fields 1, 6 and 7.
[[nodiscard]] bool leads_session_on(std::string_view stat, dev_t terminal);

}  // namespace getty
