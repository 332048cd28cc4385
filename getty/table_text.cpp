#include "getty/table_text.hpp"

#include "common/safe_text.hpp"

#include <algorithm>
#include <charconv>

namespace getty {

namespace {

constexpr std::string_view blanks = " \t\n\v\f\r";

}  // namespace

std::vector<TableLine> lines_of(std::string_view text) {
    std::vector<TableLine> lines;
    while (!text.empty()) {
        const std::size_t size = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, size);
        text.remove_prefix(std::min(size + 1, text.size()));
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        lines.push_back({.number = static_cast<unsigned>(lines.size()) + 1, .text = line});
    }
    return lines;
}

unsigned JoinedLines::line_at(std::size_t offset) const {
    const auto after = std::upper_bound(
        starts_.begin(), starts_.end(), offset, [](std::size_t value, const auto& start) {
            return value < start.first;
        });
    return after == starts_.begin() ? first_line() : std::prev(after)->second;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t start = text.find_first_not_of(blanks);
    if (start == std::string_view::npos) {
        return {};
    }
    return text.substr(start, text.find_last_not_of(blanks) - start + 1);
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (true) {
        text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
        if (text.empty()) {
            return words;
        }
        const std::size_t size = std::min(text.find_first_of(blanks), text.size());
        words.push_back(text.substr(0, size));
        text.remove_prefix(size);
    }
}

std::optional<char> take_octal(std::string_view& text) {
    const std::size_t most = std::min<std::size_t>(text.size(), 3);
    const std::size_t size = std::min(text.substr(0, most).find_first_not_of("01234567"), most);
    if (size == 0) {
        return std::nullopt;
    }
    unsigned value = 0;
    std::from_chars(text.data(), text.data() + size, value, 8);
    text.remove_prefix(size);
    return static_cast<char>(value & 0xFFU);
}

std::optional<unsigned> read_c_number(std::string_view text) {
    int base = 10;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        base = 16;
        text.remove_prefix(2);
    } else if (text.size() > 1 && text.starts_with('0')) {
        base = 8;
        text.remove_prefix(1);
    }
    unsigned value = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, problem] = std::from_chars(text.data(), end, value, base);
    if (problem != std::errc{} || stopped != end) {
        return std::nullopt;
    }
    return value;
}

std::string in_quotes(std::string_view text) {
    constexpr std::size_t longest = 60;
    return '"' + common::safe_text(text.substr(0, longest)) +
           (text.size() > longest ? "...\"" : "\"");
}

}  // namespace getty
