#pragma once

#include "login/gate.hpp"
#include "login/line.hpp"
#include "login/options.hpp"
#include "login/settings.hpp"
#include "login/terminal_conversation.hpp"
#include "login/watchdog.hpp"

#include <memory>

namespace login {

/// Which gate LOGIN_GATE names, or was chosen when login was built.
[[nodiscard]] GateKind gate_kind(const Settings& settings);
/// Whether login was built with PAM.
[[nodiscard]] bool can_use_pam();

/// The gate that LOGIN_GATE names, or the one chosen when login was built.
/// Throws where that one cannot work: the other is never tried in its place.
[[nodiscard]] std::unique_ptr<Gate> make_gate(TerminalConversation& talk,
                                              Watchdog& watchdog,
                                              const Line& line,
                                              const Settings& settings,
                                              const Options& options);

/// Where accounts come from elsewhere too, who looks one up may wait for ever: that
/// is watched, until the watchdog is sent to rest.
void watch_lookups(Watchdog& watchdog);

}  // namespace login
