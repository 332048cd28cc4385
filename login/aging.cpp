#include "login/aging.hpp"

#include <algorithm>
#include <limits>

namespace login {

using std::chrono::days;
using std::chrono::sys_days;

namespace {

/// Files hold numbers up to the largest long: a sum must not wrap round.
days add(days left, days right) {
    days::rep sum = 0;
    if (__builtin_add_overflow(left.count(), right.count(), &sum)) {
        sum = right.count() < 0 ? std::numeric_limits<days::rep>::min()
                                : std::numeric_limits<days::rep>::max();
    }
    return days{sum};
}

AgeJudgement judge_password(const AgingPolicy& policy, sys_days today) {
    if (!policy.last_change) {
        return {};
    }
    // The epoch itself is shadow(5)'s way of writing "change at next login".
    if (*policy.last_change == sys_days{}) {
        return {.verdict = AgeVerdict::must_change};
    }
    if (*policy.last_change > today) {
        return {.doubtful = true};
    }
    if (!policy.maximum_age) {
        return {};
    }
    const days age = add(today.time_since_epoch(), -policy.last_change->time_since_epoch());
    const days maximum = *policy.maximum_age;
    if (policy.grace_period && age >= add(maximum, *policy.grace_period)) {
        return {.verdict = AgeVerdict::password_expired};
    }
    if (age >= maximum) {
        return {.verdict = AgeVerdict::must_change};
    }
    const days left = maximum - age;
    if (policy.warning_period && left <= *policy.warning_period) {
        return {.verdict = AgeVerdict::expires_soon, .days_left = left};
    }
    return {};
}

}  // namespace

AgeJudgement judge_age(const AgingPolicy& policy, sys_days today) {
    if (policy.account_expires && today >= *policy.account_expires) {
        return {.verdict = AgeVerdict::account_expired,
                .doubtful = *policy.account_expires == sys_days{}};
    }
    return judge_password(policy, today);
}

}  // namespace login
