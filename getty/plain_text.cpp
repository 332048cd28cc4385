#include "getty/plain_text.hpp"

#include "common/utf8.hpp"

#include <algorithm>

namespace getty {

namespace {

constexpr char escape = '\x1b';
constexpr char bell = '\a';

bool is_between(char c, char first, char last) {
    return c >= first && c <= last;
}

/// Bytes at the front of the text that are parameters or intermediates.
std::size_t middle_of(std::string_view text, char first, char last) {
    const auto* const end = std::find_if_not(
        text.begin(), text.end(), [=](char c) { return is_between(c, first, last); });
    return static_cast<std::size_t>(end - text.begin());
}

/// One more than `size` if there is a byte there that can end the sequence; what
/// cannot is no part of it.
std::size_t with_final(std::string_view text, std::size_t size, char first) {
    return size < text.size() && is_between(text[size], first, '~') ? size + 1 : size;
}

/// Operating system command and its like: up to BEL or ST, never beyond the row.
std::size_t string_length(std::string_view text) {
    constexpr std::size_t palette_digits = 7;
    if (text.starts_with("]R")) {
        return 2;
    }
    if (text.starts_with("]P")) {
        return std::min(text.size(), 2 + palette_digits);
    }
    const std::size_t end = std::min(text.find_first_of("\a\x1b\r\n"), text.size());
    if (text.substr(end).starts_with("\x1b\\")) {
        return end + 2;
    }
    return end < text.size() && text[end] == bell ? end + 1 : end;
}

/// How much of the text behind an ESC belongs to its sequence.
std::size_t sequence_length(std::string_view text) {
    constexpr std::string_view begin_strings = "]PX^_";
    if (text.empty()) {
        return 0;
    }
    if (text.front() == '[') {
        // Two brackets are a function key's name on a virtual terminal.
        const std::size_t start = text.starts_with("[[") ? 2 : 1;
        return with_final(text, start + middle_of(text.substr(start), ' ', '?'), '@');
    }
    if (begin_strings.find(text.front()) != begin_strings.npos) {
        return string_length(text);
    }
    return with_final(text, middle_of(text, ' ', '/'), '0');
}

bool acts(const common::Decoded& character) {
    const char32_t code = character.code;
    const bool is_kept = code == '\t' || code == '\n' || code == '\r';
    // Alone, such a byte is one for a terminal that does not know UTF-8.
    const bool is_c1 = code >= 0x80 && code <= 0x9F;
    return (code < 0x20 && !is_kept) || code == 0x7F || is_c1;
}

}  // namespace

std::string plain_text(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    while (!text.empty()) {
        if (text.front() == escape) {
            text.remove_prefix(1);
            text.remove_prefix(sequence_length(text));
            continue;
        }
        const common::Decoded character = common::decode_utf8(text);
        if (!acts(character)) {
            plain += text.substr(0, character.length);
        }
        text.remove_prefix(character.length);
    }
    return plain;
}

}  // namespace getty
