#include "login/closing_time.hpp"

#include <algorithm>

namespace login {

using std::chrono::milliseconds;

ClosingTime::Advice ClosingTime::look(std::chrono::sys_time<milliseconds> now) {
    constexpr milliseconds minute = std::chrono::minutes{1};
    const milliseconds left = end_ - now;
    if (left <= milliseconds{0}) {
        return {.step = Step::end};
    }
    const bool warns = left <= minute && !is_warned_;
    is_warned_ = is_warned_ || warns;
    // The clock may be set meanwhile, and nobody tells.
    const milliseconds until = left > minute ? left - minute : left;
    return {.step = warns ? Step::warn : Step::wait, .next = std::min(until, minute)};
}

}  // namespace login
