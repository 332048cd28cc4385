#include "common/assigned_value.hpp"

#include <algorithm>

namespace common {

namespace {

/// What a backslash in front of a character escapes, as in a shell.
bool is_escaped(char character, char quote) {
    constexpr std::string_view in_double_quotes = "\"\\$`";
    return quote == '\0' ||
           (quote == '"' && in_double_quotes.find(character) != in_double_quotes.npos);
}

std::string unquoted(std::string_view value) {
    const char quote =
        !value.empty() && (value.front() == '"' || value.front() == '\'') ? value.front() : '\0';
    if (quote != '\0') {
        value.remove_prefix(1);
    }
    std::string result;
    for (std::size_t i = 0; i < value.size() && (quote == '\0' || value[i] != quote); ++i) {
        if (value[i] == '\\' && i + 1 < value.size() && is_escaped(value[i + 1], quote)) {
            ++i;
        }
        result += value[i];
    }
    return result;
}

}  // namespace

std::string assigned_value(std::string_view text, std::string_view variable) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (line.size() > variable.size() && line[variable.size()] == '=' &&
            line.starts_with(variable)) {
            return unquoted(line.substr(variable.size() + 1));
        }
    }
    return {};
}

}  // namespace common
