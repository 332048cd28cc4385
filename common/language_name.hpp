#pragma once

#include <string_view>

namespace common {

/// A language as gettext(3) names it: "de", "pt_BR", "sr@latin", with or without
/// a character set. Nothing else: it becomes part of a path.
[[nodiscard]] bool is_language(std::string_view name);

}  // namespace common
