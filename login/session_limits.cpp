#include "login/session_limits.hpp"

#include "common/log.hpp"

#include <algorithm>
#include <cerrno>
#include <string>

#include <sys/resource.h>
#include <sys/stat.h>

namespace login {

namespace {

__rlimit_resource resource_of(const ResourceLimit& limit) {
    return static_cast<__rlimit_resource>(limit.resource);
}

/// The hard limit alone is raised: the rest is for the shell's process.
bool can_be_raised(const ResourceLimit& limit, rlimit now) {
    now.rlim_max = limit.value;
    return ::setrlimit(resource_of(limit), &now) == 0;
}

/// Tried out and taken back, which is always possible.
bool can_be_favoured(int priority) {
    const bool result = ::setpriority(PRIO_PROCESS, 0, priority) == 0;
    ::setpriority(PRIO_PROCESS, 0, 0);
    return result;
}

}  // namespace

UserLimits with_largest_file(UserLimits limits, std::uint64_t blocks) {
    constexpr rlim_t block = 512;
    const bool has_one =
        std::any_of(limits.resources.begin(), limits.resources.end(), [](const auto& limit) {
            return limit.resource == RLIMIT_FSIZE;
        });
    if (!has_one) {
        limits.resources.push_back({.resource = RLIMIT_FSIZE, .value = blocks * block});
    }
    return limits;
}

bool has_file_limit() {
    rlimit now{};
    return ::getrlimit(RLIMIT_FSIZE, &now) == 0 && now.rlim_cur != RLIM_INFINITY;
}

UserLimits within_reach(UserLimits limits) {
    for (ResourceLimit& limit : limits.resources) {
        rlimit now{};
        if (::getrlimit(resource_of(limit), &now) != 0 || limit.value <= now.rlim_max ||
            can_be_raised(limit, now)) {
            continue;
        }
        common::log(common::Severity::warning,
                    "limit " + std::to_string(limit.resource) + " of setrlimit(2): " +
                        std::to_string(limit.value) + " is more than this machine allows, " +
                        std::to_string(now.rlim_max) + ": " + common::error_text(errno));
        limit.value = now.rlim_max;
    }
    if (limits.priority.value_or(0) < 0 && !can_be_favoured(*limits.priority)) {
        common::log(common::Severity::warning,
                    "a priority of " + std::to_string(*limits.priority) +
                        " is more than this machine allows: " + common::error_text(errno));
        limits.priority.reset();
    }
    return limits;
}

int take_limits(const UserLimits& limits) noexcept {
    for (const ResourceLimit& limit : limits.resources) {
        const rlimit both{.rlim_cur = limit.value, .rlim_max = limit.value};
        if (::setrlimit(resource_of(limit), &both) != 0) {
            return errno;
        }
    }
    if (limits.priority && ::setpriority(PRIO_PROCESS, 0, *limits.priority) != 0) {
        return errno;
    }
    if (limits.umask) {
        ::umask(*limits.umask);
    }
    return 0;
}

}  // namespace login
