#pragma once

#include "login/admission.hpp"
#include "login/gate.hpp"
#include "login/limits.hpp"
#include "login/line.hpp"
#include "login/options.hpp"
#include "login/settings.hpp"
#include "login/shell_command.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace login {

/// What is started for a person whom the gate let in.
struct SessionShell {
    ShellCommand command{};
    std::string named{};  ///< what SHELL says
    /// Why it is another than that of their entry, for them to read; "" where it
    /// is not.
    std::string notice{};
};

/// Whether they get a session on this line, and what with.
struct Admission {
    std::optional<Refusal> refusal{};
    SessionShell shell{};
    UserLimits limits{};  ///< of /etc/limits
    /// When they have to be off the line again, by /etc/porttime.
    std::optional<std::chrono::sys_seconds> ends{};
};

/// Looks at the machine and decides by admission.hpp. The files of rules hold
/// where the gate has none of its own; what is wrong in them is logged with file
/// and line.
[[nodiscard]] Admission admit(const common::User& user,
                              const Gate& gate,
                              const Line& line,
                              const Options& options,
                              const Settings& settings);

/// The nologin file's text, if the machine is closed and the gate leaves that
/// to us. A file that is there but cannot be read closes it too.
[[nodiscard]] std::optional<std::string> nologin_text(const Gate& gate, const Settings& settings);

}  // namespace login
