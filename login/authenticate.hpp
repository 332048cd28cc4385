#pragma once

#include "common/user.hpp"
#include "login/conversation.hpp"
#include "login/gate.hpp"
#include "login/line.hpp"
#include "login/options.hpp"
#include "login/settings.hpp"

#include <string>

namespace login {

/// "HOST login: ", or "login: " where a plain one is asked for.
[[nodiscard]] std::string name_prompt(const Options& options, const Settings& settings);

/// Asks for a name and its proof until the gate lets somebody in; failed
/// attempts are recorded, logged and slow. Throws common::Leave when nobody got
/// in.
void authenticate(Gate& gate,
                  Conversation& talk,
                  const Line& line,
                  const Options& options,
                  const Settings& settings);

/// The account behind the name the gate ended with, if it may be used now; a
/// password that has expired is changed first. Throws common::Leave otherwise.
[[nodiscard]] common::User require_account(Gate& gate,
                                           Conversation& talk,
                                           const Line& line,
                                           const Settings& settings);

/// Says why a person who is who they say does not get in, logs it, gives them
/// time to read it, and returns login's exit status.
[[nodiscard]] int turn_away(Conversation& talk,
                            const Line& line,
                            const std::string& name,
                            const Refusal& refusal,
                            const Settings& settings);

}  // namespace login
