#pragma once

#include <string>
#include <string_view>

namespace common {

/// A string of JSON (RFC 8259), in its quotes. What would act on a terminal,
/// controls and what turns a row round, is \u and four digits; bytes that are not UTF-8 are
/// U+FFFD.
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace common
