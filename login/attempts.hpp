#pragma once

#include <chrono>

namespace login {

using Clock = std::chrono::steady_clock;

/// How often, and how slowly, a wrong answer may be followed by another.
struct AttemptRules {
    unsigned tries = 3;
    std::chrono::seconds fail_delay{5};
    /// Answers are given only at multiples of this time, so that what a check
    /// took does not show (doubled until it is longer than the check).
    std::chrono::milliseconds grid{250};
};

/// True while another try is left after so many failures.
[[nodiscard]] bool may_try_again(unsigned failures, const AttemptRules& rules);

/// When a failed attempt is answered: the password was typed at `typed`, the
/// answer is known `now`. `wanted` is a delay that a PAM module asks for.
[[nodiscard]] Clock::time_point answer_time(Clock::time_point typed,
                                            Clock::time_point now,
                                            std::chrono::microseconds wanted,
                                            const AttemptRules& rules);

}  // namespace login
