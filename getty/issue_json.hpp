#pragma once

#include "getty/issue.hpp"

#include <string>
#include <string_view>

namespace getty {

/// The rendered issue and everything that one can tell, as one JSON object with
/// a member in each row: see --json in getty(8). The facts are as they are,
/// where the issue has them made harmless.
[[nodiscard]] std::string issue_as_json(std::string_view issue, const IssueFacts& facts);

}  // namespace getty
