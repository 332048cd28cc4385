#include "common/safe_text.hpp"

#include "common/utf8.hpp"

#include <array>

namespace common {

namespace {

void append_hex(std::string& out, std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += "\\x";
        out += digits[byte >> 4U];
        out += digits[byte & 0xFU];
    }
}

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
}

void append_safely(std::string& out, std::string_view character, const Decoded& decoded) {
    if (!decoded.valid || is_hidden_control(decoded.code)) {
        append_hex(out, character);
    } else if (is_control(character.front())) {
        // Caret notation: the control is the letter with bit 6 turned over.
        out += '^';
        out += static_cast<char>(static_cast<unsigned char>(character.front()) ^ 0x40U);
    } else {
        out += character;
    }
}

}  // namespace

std::string safe_text(std::string_view untrusted, LineBreaks breaks) {
    std::string out;
    out.reserve(untrusted.size());
    while (!untrusted.empty()) {
        const Decoded decoded = decode_utf8(untrusted);
        const std::string_view character = untrusted.substr(0, decoded.length);
        const bool breaks_line = character == "\n" || character == "\t";
        if (breaks == LineBreaks::kept && breaks_line) {
            out += character;
        } else {
            append_safely(out, character, decoded);
        }
        untrusted.remove_prefix(decoded.length);
    }
    return out;
}

std::string quoted(std::string_view untrusted, std::size_t limit) {
    std::string out = "\"";
    while (!untrusted.empty()) {
        const Decoded decoded = decode_utf8(untrusted);
        const std::string_view character = untrusted.substr(0, decoded.length);
        if (out.size() + 4 * character.size() > limit) {
            out += "...";
            break;
        }
        constexpr std::string_view forging = "\"\\= ";
        if (is_control(character.front()) || forging.find(character.front()) != forging.npos) {
            append_hex(out, character);
        } else {
            append_safely(out, character, decoded);
        }
        untrusted.remove_prefix(decoded.length);
    }
    out += '"';
    return out;
}

}  // namespace common
