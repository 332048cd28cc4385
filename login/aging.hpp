#pragma once

#include <chrono>
#include <optional>

namespace login {

/// The aging fields of a shadow(5) entry; an absent value means "not set". Days
/// are counted from 1970-01-01 in UTC and may be anything a file can say.
struct AgingPolicy {
    std::optional<std::chrono::sys_days> last_change{};
    std::optional<std::chrono::days> maximum_age{};
    std::optional<std::chrono::days> warning_period{};
    std::optional<std::chrono::days> grace_period{};
    std::optional<std::chrono::sys_days> account_expires{};
};

enum class AgeVerdict {
    valid,
    expires_soon,      ///< days_left says how soon
    must_change,       ///< the password, before anything else
    password_expired,  ///< and the time to change it is over as well
    account_expired,
};

struct AgeJudgement {
    AgeVerdict verdict = AgeVerdict::valid;
    std::chrono::days days_left{0};
    /// The entry says something that cannot be meant: it was changed in the
    /// future, or expired on the first day of 1970. Worth a line in the log.
    bool doubtful = false;

    bool operator==(const AgeJudgement&) const = default;
};

/// Decides what shadow(5) says about an account on a day, like Linux-PAM 1.6
/// and later: on the very day that a limit is reached it counts. Sums saturate.
[[nodiscard]] AgeJudgement judge_age(const AgingPolicy& policy, std::chrono::sys_days today);

}  // namespace login
