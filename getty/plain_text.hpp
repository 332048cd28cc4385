#pragma once

#include <string>
#include <string_view>

namespace getty {

/// The text without what acts on a terminal: escape sequences (ECMA-48, and the
/// palette ones of console_codes(4), which have no end of their own) are left out
/// whole, of the other controls all but tab, line feed and carriage return. For
/// --plain, where a program reads the other end of the line.
[[nodiscard]] std::string plain_text(std::string_view text);

}  // namespace getty
