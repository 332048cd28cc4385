#pragma once

#include "common/user.hpp"
#include "login/settings.hpp"
#include "login/terminal_conversation.hpp"

namespace login {

/// Runs passwd(1) on the line as the user whose password has expired, and waits
/// for it, at most as long as a login may take. True when it says that it
/// changed the password; false also where there is no passwd(1).
[[nodiscard]] bool change_password(TerminalConversation& talk,
                                   const Settings& settings,
                                   const common::User& user);

}  // namespace login
