#include "common/json.hpp"

#include "common/utf8.hpp"

namespace common {

namespace {

void append_unit(std::string& out, char32_t unit) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += "\\u";
    for (unsigned shift = 16; shift > 0; shift -= 4) {
        out += digits[(unit >> (shift - 4)) & 0xFU];
    }
}

/// Above U+FFFF as a pair of surrogates.
void append_escaped(std::string& out, char32_t code) {
    constexpr char32_t first_beyond = 0x10000;
    if (code < first_beyond) {
        append_unit(out, code);
        return;
    }
    append_unit(out, 0xD800 + ((code - first_beyond) >> 10U));
    append_unit(out, 0xDC00 + ((code - first_beyond) & 0x3FFU));
}

}  // namespace

std::string json_string(std::string_view text) {
    constexpr char32_t unknown = 0xFFFD;
    std::string out = "\"";
    while (!text.empty()) {
        const Decoded character = decode_utf8(text);
        const char32_t code = character.valid ? character.code : unknown;
        if (code == U'"' || code == U'\\') {
            out += '\\';
            out += text.front();
        } else if (code == U'\n') {
            out += "\\n";
        } else if (code < 0x20 || code == 0x7F || code == unknown || is_hidden_control(code)) {
            append_escaped(out, code);
        } else {
            out += text.substr(0, character.length);
        }
        text.remove_prefix(character.length);
    }
    return out + "\"";
}

}  // namespace common
