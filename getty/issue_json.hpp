#pragma once

#include "getty/issue.hpp"

#include <string>
#include <string_view>

namespace getty {

/// A string of JSON (RFC 8259), in its quotes. What would act on a terminal,
/// controls and what turns a row round, is \u and four digits; bytes that are not UTF-8 are
/// U+FFFD.
[[nodiscard]] std::string json_string(std::string_view text);

/// The rendered issue and everything that one can tell, as one JSON object with
/// a member in each row: see --json in getty(8). The facts are as they are,
/// where the issue has them made harmless.
[[nodiscard]] std::string issue_as_json(std::string_view issue, const IssueFacts& facts);

}  // namespace getty
