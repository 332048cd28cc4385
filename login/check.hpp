#pragma once

#include "common/finding.hpp"
#include "common/user.hpp"
#include "login/aging.hpp"
#include "login/pam_stack.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace login {

using common::CheckVerdict;
using common::Finding;
using common::status_of;

/// A module of the PAM service, and where libpam would load it from.
struct CheckedModule {
    PamModule module{};
    std::optional<std::string> path{};
};

/// Everything that `login --check` has to say.
struct CheckReport {
    std::optional<std::string> user{};
    std::optional<std::string> line{};
    std::optional<std::string> host{};
    std::vector<Finding> findings{};
    std::vector<CheckedModule> modules{};
    bool asks_for_password = true;
};

[[nodiscard]] CheckVerdict verdict_of(const CheckReport& report);

/// For a person at a bare console: rows of 80 columns at most, the answer last.
[[nodiscard]] std::string check_as_text(const CheckReport& report);
/// One JSON object, as login(1) describes it.
[[nodiscard]] std::string check_as_json(const CheckReport& report);

/// The password field of shadow(5), seen without a password.
enum class PasswordField { usable, empty, locked, elsewhere };
[[nodiscard]] PasswordField look_at_field(std::string_view field);

/// What the account's entries say.
struct AccountFacts {
    enum class Shadow { unreadable, absent, present };
    std::optional<common::User> user{};
    Shadow shadow = Shadow::absent;
    PasswordField password = PasswordField::usable;
    AgeJudgement age{};
    bool asks_for_password = true;  ///< no -f
    bool empty_is_refused = true;   ///< PREVENT_NO_AUTH
    bool is_locked_out = false;     ///< faillog(8)
};
[[nodiscard]] std::vector<Finding> account_findings(const AccountFacts& facts);

/// A service's file, its modules, and what follows from those that are missing.
[[nodiscard]] std::vector<Finding> stack_findings(const std::string& service,
                                                  const PamStack& stack,
                                                  const std::vector<CheckedModule>& modules);

}  // namespace login
