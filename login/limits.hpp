#pragma once

#include "login/rule_text.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/resource.h>
#include <sys/types.h>

namespace login {

/// A limit of setrlimit(2), soft and hard at once. RLIM_INFINITY is none.
struct ResourceLimit {
    int resource = 0;
    rlim_t value = RLIM_INFINITY;

    bool operator==(const ResourceLimit&) const = default;
};

/// What limits(5) gives one user; what is not set stays as it is.
struct UserLimits {
    std::vector<ResourceLimit> resources{};
    std::optional<mode_t> umask{};
    std::optional<int> priority{};       ///< as setpriority(2) has it
    std::optional<unsigned> sessions{};  ///< at a time, this one among them

    bool operator==(const UserLimits&) const = default;
};

/// Sets a limit, unless there is one that is lower.
void set_lower(UserLimits& limits, const ResourceLimit& limit);

struct LimitsReading {
    UserLimits limits{};
    std::vector<FaultyLine> faults{};
};

/// Whether the user is a member of this group.
using IsMember = std::function<bool(std::string_view group)>;

/// Reads the text of limits(5): the first line with the user's name, else the
/// last with a group of theirs, else the last with `*`. As that manual says, a
/// line that cannot be understood is not considered: limits keep a machine
/// usable and let nobody in, so that a slip of the administrator's takes a limit
/// away, but not everybody's way in.
[[nodiscard]] LimitsReading limits_for(std::string_view text,
                                       std::string_view user,
                                       const IsMember& is_member);

}  // namespace login
