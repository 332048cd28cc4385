#include "login/attempts.hpp"

#include <algorithm>

namespace login {

bool may_try_again(unsigned failures, const AttemptRules& rules) {
    return failures < rules.tries;
}

Clock::time_point answer_time(Clock::time_point typed,
                              Clock::time_point now,
                              std::chrono::microseconds wanted,
                              const AttemptRules& rules) {
    // A check that took a day is answered at once: doubling has to end.
    constexpr auto longest = std::chrono::hours{24};
    std::chrono::milliseconds step = rules.grid;
    while (typed + step < now && step < longest) {
        step *= 2;
    }
    return typed + step + std::max<std::chrono::microseconds>(rules.fail_delay, wanted);
}

}  // namespace login
