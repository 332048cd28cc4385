#include "common/finding.hpp"

#include "common/json.hpp"
#include "common/safe_text.hpp"
#include "common/syscall.hpp"

#include <algorithm>

#include <unistd.h>

namespace common {

using Level = Finding::Level;

namespace {

constexpr std::size_t longest_row = 79;
constexpr std::size_t sign_width = 5;
constexpr std::size_t topic_width = 9;

std::string_view sign_of(Level level) {
    switch (level) {
        case Level::good: return "ok";
        case Level::note: return "note";
        case Level::unknown: return "?";
        case Level::bad: return "NO";
    }
    return "?";
}

std::string_view word_for(Level level) {
    switch (level) {
        case Level::good: return "ok";
        case Level::note: return "note";
        case Level::unknown: return "unknown";
        case Level::bad: return "refused";
    }
    return "unknown";
}

std::string padded(std::string_view text, std::size_t width) {
    std::string result{text};
    result.resize(std::max(width, result.size() + 1), ' ');
    return result;
}

/// The words of a text in rows behind a margin; `first` stands in the margin of
/// the first row.
std::string in_rows(const std::string& first, std::string_view text) {
    std::string out = first;
    std::size_t column = first.size();
    bool begins = true;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        if (!begins && column + 1 + word.size() > longest_row) {
            out += '\n' + std::string(first.size(), ' ');
            column = first.size();
            begins = true;
        }
        out += (begins ? "" : " ") + std::string{word};
        column += word.size() + (begins ? 0 : 1);
        begins = false;
    }
    return out + '\n';
}

}  // namespace

CheckVerdict verdict_of(std::span<const Finding> findings) {
    const auto has = [findings](Level level) {
        return std::any_of(findings.begin(), findings.end(), [level](const Finding& f) {
            return f.level == level;
        });
    };
    if (has(Level::bad)) {
        return CheckVerdict::refused;
    }
    return has(Level::unknown) ? CheckVerdict::unknown : CheckVerdict::let_in;
}

int status_of(CheckVerdict verdict) {
    switch (verdict) {
        case CheckVerdict::let_in: return 0;
        case CheckVerdict::refused: return 1;
        case CheckVerdict::unknown: break;
    }
    return 2;
}

std::string first_text(std::span<const Finding> findings, Level level) {
    const auto found = std::find_if(
        findings.begin(), findings.end(), [level](const Finding& f) { return f.level == level; });
    return found == findings.end() ? std::string{} : found->text;
}

std::string findings_as_text(std::span<const Finding> findings, std::string_view answer) {
    std::string text;
    for (const Finding& finding : findings) {
        text +=
            in_rows(padded(sign_of(finding.level), sign_width) + padded(finding.topic, topic_width),
                    safe_text(finding.text));
    }
    return text + in_rows("", safe_text(answer));
}

std::string json_finding(const Finding& finding) {
    return "{\"topic\": " + json_string(finding.topic) +
           ", \"level\": " + json_string(word_for(finding.level)) +
           ", \"text\": " + json_string(finding.text) + "}";
}

bool print(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const auto written =
            retry_interrupted([&] { return ::write(descriptor, text.data(), text.size()); });
        if (written <= 0) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace common
