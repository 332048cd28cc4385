#pragma once

#include "login/gate.hpp"
#include "login/line.hpp"
#include "login/settings.hpp"
#include "login/terminal_conversation.hpp"
#include "login/watchdog.hpp"

#include <memory>
#include <string>

namespace login {

/// The gate that LOGIN_GATE names, or the one chosen when login was built.
/// Throws where that one cannot work: the other is never tried in its place.
[[nodiscard]] std::unique_ptr<Gate> make_gate(TerminalConversation& talk,
                                              Watchdog& watchdog,
                                              const Line& line,
                                              const Settings& settings,
                                              const std::string& name_prompt);

}  // namespace login
