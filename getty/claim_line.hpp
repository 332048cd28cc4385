#pragma once

#include "common/terminal.hpp"
#include "getty/line_session.hpp"
#include "getty/options.hpp"

#include <span>
#include <string>
#include <variant>

#include <sys/types.h>

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
    bool was_given;  ///< as standard input
};

/// The device is not there, or not yet.
struct NotThere {};

/// Another line of this process is the same by another name.
struct ServedAlready {};

using Claim = std::variant<NotThere, ServedAlready, LineSession, ClaimedLine>;

/// What two names of one line have in common.
struct LineIdentity {
    dev_t device = 0;
    dev_t file_system = 0;  ///< pseudo terminals: each of theirs counts from 0

    friend bool operator==(const LineIdentity& left, const LineIdentity& right) = default;
};
[[nodiscard]] LineIdentity identity_of(const common::Terminal& line);

/// Makes the line ours alone: in the modes for asking, root's with mode 0600,
/// without its old holders, and, alone, our controlling terminal and our descriptors
/// 0 to 2, which a process can have one of.
/// The order is what makes it
/// safe; the reasons stand at the steps. A line on which somebody is logged in is
/// left untouched. Throws Failure for what is no terminal, std::system_error for
/// a line that refuses. A line whose identity is among `served` is not touched either.
///
/// The hang-up is for everybody on the line, and that can include us: SIGHUP is
/// to be ignored.
///
/// Standard input as the line (`-`) is taken as it is, whoever is on it, and
/// without a hang-up unless --hangup asks for it.
[[nodiscard]] Claim claim_line(const std::string& name,
                               const Options& options,
                               Company company,
                               Visit visit,
                               std::span<const LineIdentity> served);

/// Makes it the controlling terminal of this session, which has no other, and our
/// descriptors 0 to 2. Throws std::system_error.
void take_for_session(const common::Terminal& line);

/// The modes for whoever comes next: nobody has to type blind. Standard input
/// gets those it was found in.
void give_back(const ClaimedLine& line, const Options& options) noexcept;

}  // namespace getty
