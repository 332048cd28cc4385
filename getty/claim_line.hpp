#pragma once

#include "common/terminal.hpp"
#include "getty/options.hpp"

#include <optional>

namespace getty {

/// Makes this process the leader of a session, unless it leads one already. A
/// process group leader cannot (setsid(2)): then a child goes on, and this
/// process stays, passes signals on, and ends as the child ends.
void lead_session();

/// A line that is ours, and how it was found before the hang-up: a pseudo
/// terminal forgets its speed there.
struct ClaimedLine {
    common::Terminal terminal;
    termios found_modes;
    unsigned found_speed;
};

/// Makes the line ours alone: in the modes for asking, root's with mode 0600,
/// without its old holders, our controlling terminal, our descriptors 0 to 2.
/// The order is what makes it
/// safe; the reasons stand at the steps. Nothing where the device is not there
/// (yet); throws Failure for what is no terminal, std::system_error for a line
/// that refuses.
///
/// Standard input as the line (`-`) is taken as it is, without a hang-up unless
/// --hangup asks for it.
[[nodiscard]] std::optional<ClaimedLine> claim_line(const Options& options);

}  // namespace getty
