#pragma once

#include "common/terminal.hpp"
#include "common/unique_fd.hpp"

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace getty {

/// Whether one process serves one line or several.
enum class Company { alone, among_others };

/// Whether this process has had the line before: then sessions without a record are
/// what its own logins have left.
enum class Visit { first, again };

/// How to look for somebody on a line, and what starts sessions there.
struct SessionSearch {
    Company company;
    Visit visit;
    std::string_view login_program;
};

/// Somebody who is logged in on a line, or another getty that has it.
struct LineSession {
    common::UniqueFd leader;  ///< pidfd of the session's leader: readable when it has ended
    pid_t id = 0;
    std::string user{};  ///< "" of a getty, or of the login it has become, that still asks
};

/// The session that a login has recorded for the line, if the kernel agrees that
/// it lives and has the line for its terminal. A process that just holds on to
/// the line, without such a record, is none: a hang-up is what it gets. Our own
/// session is none either.
///
/// Who comes back to a line that was taken from it leaves it to the getty that its record
/// names, if that lives there: two that have been started for one line would else throw
/// each other off it for ever, and whoever types there too.
///
/// Where there is no record of the line at all (no file of records, one that is new)
/// it is, at the first visit of one among others, the session that a child of the login
/// program leads, which is root's and lives. That is looked for among all processes,
/// which would cost a getty alone much of its time to the prompt.
[[nodiscard]] std::optional<LineSession> session_on(const common::Terminal& line,
                                                    const SessionSearch& search);

/// Whether the text of /proc/PID/stat is that of a session's leader with this
/// controlling terminal; proc(5), fields 1, 6 and 7.
[[nodiscard]] bool leads_session_on(std::string_view stat, dev_t terminal);

}  // namespace getty
