#pragma once

#include "common/record_file.hpp"
#include "common/user.hpp"
#include "login/gate.hpp"
#include "login/greeting.hpp"
#include "login/settings.hpp"

#include <chrono>
#include <optional>

namespace login {

/// What was there before a session changes it, or its modules do.
struct Before {
    std::chrono::sys_seconds looked_at{};
    HomeView home{};
    bool quiet = false;  ///< no greeting is wanted
    std::optional<common::LastLogin> last_login{};
};

/// Nothing of a home is touched by root (look_at_home()).
[[nodiscard]] Before look_before(const common::User& user,
                                 const Gate& gate,
                                 const Settings& settings);

/// What the gate's modules have told the person already while they opened the
/// session.
struct AlreadySaid {
    bool last_login = false;
    bool failures = false;
};

/// Gathers what there is to say. Never blocks on what a file turns out to be.
[[nodiscard]] GreetingFacts greeting_facts(const common::User& user,
                                           const Gate& gate,
                                           const Settings& settings,
                                           const Before& before,
                                           AlreadySaid said);

/// Whether lastlog(8) is kept for this account.
[[nodiscard]] bool has_last_login(const common::User& user, const Settings& settings);

/// Whether somebody has written the account's entry there for this line since, a module.
[[nodiscard]] bool was_noted_meanwhile(const common::User& user,
                                       const std::string& line,
                                       const Settings& settings,
                                       const Before& before);

}  // namespace login
