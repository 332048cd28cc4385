#pragma once

#include "login/limits.hpp"
#include "login/rule_text.hpp"

#include <string_view>
#include <vector>

namespace login {

/// Who comes in, and where from.
struct AccessRequest {
    std::string_view user;
    /// Where login.access(5) lets groups stand; primary groups do not count.
    IsMember is_listed_in;
    std::string_view origin;  ///< a host or an address as it was given, or a line
};

struct AccessReading {
    RuleVerdict verdict{};
    std::vector<FaultyLine> faults{};
};

/// Reads the text of login.access(5). Names of hosts are compared as they were
/// given and never looked up: a rule for an address does not fit a name. Besides
/// what that manual has, an origin may be `address/bits` or `address/netmask`;
/// LOCAL fits nothing with a colon in it, which is an address.
[[nodiscard]] AccessReading read_login_access(std::string_view text, const AccessRequest& request);

}  // namespace login
