#pragma once

#include <cstddef>
#include <string_view>

namespace common {

/// One step through a string of UTF-8.
struct Decoded {
    char32_t code = 0;
    std::size_t length = 1;  ///< bytes used; 1 where the text is not UTF-8
    bool valid = false;
};

/// Decodes the character at the front of a text that is not empty. Overlong
/// forms, surrogates and values above U+10FFFF are not valid (RFC 3629).
[[nodiscard]] Decoded decode_utf8(std::string_view text);

/// How many bytes a sequence that starts with this byte has; 0 for a byte that
/// starts none.
[[nodiscard]] std::size_t utf8_length(char lead);

/// True for a byte that continues a sequence.
[[nodiscard]] bool continues_utf8(char byte);

/// Columns a character takes on a terminal: 0 (combining), 1 or 2 (East Asian
/// wide and emoji, UAX #11).
[[nodiscard]] int display_width(char32_t code);

/// C1 controls, bidirectional controls, line and paragraph separators: what
/// changes how the rest of a line looks.
[[nodiscard]] bool is_hidden_control(char32_t code);

}  // namespace common
