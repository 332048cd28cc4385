#include "login/sessions/text_table.hpp"

#include "common/safe_text.hpp"
#include "common/utf8.hpp"

#include <algorithm>

namespace sessions {

namespace {

std::size_t width_of(std::string_view text) {
    int width = 0;
    while (!text.empty()) {
        const common::Decoded decoded = common::decode_utf8(text);
        width += decoded.valid ? common::display_width(decoded.code) : 1;
        text.remove_prefix(decoded.length);
    }
    return static_cast<std::size_t>(std::max(width, 0));
}

}  // namespace

std::string cell(std::string_view untrusted) {
    std::string text;
    for (const char c : common::safe_text(untrusted)) {
        text += c == ' ' ? std::string{"\\x20"} : std::string{c};
    }
    return text.empty() ? "-" : text;
}

std::string text_table(const std::vector<Align>& columns,
                       const std::vector<std::vector<std::string>>& lines) {
    std::vector<std::size_t> widths(columns.size());
    for (const auto& line : lines) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            widths[i] = std::max(widths[i], width_of(line[i]));
        }
    }
    std::string text;
    for (const auto& line : lines) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const std::string padding(widths[i] - width_of(line[i]), ' ');
            const bool is_last = i + 1 == columns.size();
            text += columns[i] == Align::right ? padding + line[i] : line[i];
            text += columns[i] == Align::left && !is_last ? padding : "";
            text += is_last ? "\n" : "  ";
        }
    }
    return text;
}

}  // namespace sessions
