#include "tests/pty/escaped.hpp"

#include <array>

namespace pty {

namespace {

void append_hexadecimal(std::string& text, unsigned char byte) {
    constexpr std::string_view digits = "0123456789abcdef";
    text += "\\x";
    text += digits[byte >> 4U];
    text += digits[byte & 0xFU];
}

}  // namespace

std::string escaped(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes) {
        switch (byte) {
            case '\r': text += "\\r"; break;
            case '\n': text += "\\n\n"; break;
            case '\t': text += "\\t"; break;
            case '\a': text += "\\a"; break;
            case '\b': text += "\\b"; break;
            case '\x1b': text += "\\e"; break;
            case '\\': text += "\\\\"; break;
            default:
                if (byte >= ' ' && byte < '\x7f') {
                    text += byte;
                } else {
                    append_hexadecimal(text, static_cast<unsigned char>(byte));
                }
        }
    }
    return text;
}

}  // namespace pty
