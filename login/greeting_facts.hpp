#pragma once

#include "common/user.hpp"
#include "login/gate.hpp"
#include "login/greeting.hpp"
#include "login/settings.hpp"

namespace login {

/// Whether this person wants no greeting. A file in the home is looked for as
/// the user, in a process of its own that has half a second: a home that hangs
/// must not hold the login, and root touches nothing in it.
[[nodiscard]] bool wants_quiet(const common::User& user, const Settings& settings);

/// Gathers what there is to say. Never blocks on what a file turns out to be.
[[nodiscard]] GreetingFacts greeting_facts(const common::User& user,
                                           const Gate& gate,
                                           const Settings& settings,
                                           bool quiet);

}  // namespace login
