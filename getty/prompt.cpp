#include "getty/prompt.hpp"

#include "common/safe_text.hpp"
#include "getty/table_text.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace getty {

namespace {

std::string told(const std::function<std::string()>& fact) {
    return fact ? common::safe_text(fact()) : std::string{};
}

std::string user_count(const IssueFacts& facts) {
    return facts.users ? std::to_string(facts.users()) : std::string{};
}

std::string formatted_time(const IssueFacts& facts, const std::string& format) {
    if (!facts.now || format.empty()) {
        return {};
    }
    const std::tm now = facts.now();
    std::array<char, 256> text{};
// The format is the administrator's, and strftime(3) reads nothing but the time.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    const std::size_t size = std::strftime(text.data(), text.size(), format.c_str(), &now);
#pragma GCC diagnostic pop
    return common::safe_text({text.data(), size});
}

std::string host_of(const IssueFacts& facts) {
    return told(facts.node_name);
}

std::string short_host_of(const IssueFacts& facts) {
    const std::string host = host_of(facts);
    return host.substr(0, host.find('.'));
}

/// gettytab(5), he: `@` takes a character of the host name, `#` drops one, any
/// other is itself; what is left of the name follows.
std::string edited_host(std::string_view host, std::string_view edit) {
    std::string result;
    for (const char c : edit) {
        if (c != '@' && c != '#') {
            result += c;
            continue;
        }
        if (!host.empty()) {
            result += c == '@' ? host.substr(0, 1) : "";
            host.remove_prefix(1);
        }
    }
    return result.append(host);
}

std::string bsd_host(const LineProfile& profile, const IssueFacts& facts) {
    const std::string host = profile.host_name ? *profile.host_name : host_of(facts);
    return edited_host(host, profile.host_edit.value_or(""));
}

std::string bsd_date(const LineProfile& profile, const IssueFacts& facts) {
    // date(1)'s own format, which BSD's strftime(3) calls %+ and ours does not know.
    constexpr const char* date_format = "%a %b %e %H:%M:%S %Z %Y";
    const std::string format = profile.date_format.value_or("%+");
    return formatted_time(facts, format == "%+" ? date_format : format);
}

std::string line_name(const IssueFacts& facts) {
    return common::safe_text(facts.line);
}

std::string time_of_day(const IssueFacts& facts) {
    return formatted_time(facts, "%H:%M:%S");
}

// What an escape stands for; nothing where there is no such escape. No tables: of
// pointers those would be, which a waiting process has to keep memory of its own for.
using Expansion = std::optional<std::string>;

Expansion after_at(char letter, const IssueFacts& facts) {
    switch (letter) {
        case '@': return "@";
        case 'B': return std::to_string(facts.speed);
        case 'D': return formatted_time(facts, "%m/%d/%y");
        case 'H': return short_host_of(facts);
        case 'L': return line_name(facts);
        case 'S': return told(facts.node_name);
        case 'T': return time_of_day(facts);
        case 'U': return user_count(facts);
        case 'V': return told(facts.version);
        default: return std::nullopt;
    }
}

Expansion after_backslash(char letter, const IssueFacts& facts) {
    switch (letter) {
        case 'C': return formatted_time(facts, "%a %b %e %H:%M:%S %Y");
        case 'D': return formatted_time(facts, "%d/%m");
        case 'L':
        case 'P': return line_name(facts);
        case 'N':
        case 'U': return user_count(facts);
        case 'S': return std::to_string(facts.speed);
        case 'T': return time_of_day(facts);
        case 'I':             // a modem's CONNECT text
        case 'Y':             // a caller's number
        case 'c': return "";  // "no newline here", which there never is
        case 'b': return "\b";
        case 'f': return "\f";
        case 'g': return "\a";
        case 'n': return "\n";
        case 'r': return "\r";
        case 's': return " ";
        case 't': return "\t";
        case 'v': return "\v";
        default: return std::nullopt;
    }
}

Expansion after_percent(char letter, const LineProfile& profile, const IssueFacts& facts) {
    switch (letter) {
        case '%': return "%";
        case 'd': return bsd_date(profile, facts);
        case 'h': return bsd_host(profile, facts);
        case 'm': return told(facts.machine);
        case 'r': return told(facts.release);
        case 's': return told(facts.system_name);
        case 't': return line_name(facts);
        case 'v': return told(facts.version);
        default: return std::nullopt;
    }
}

}  // namespace

std::string render_prompt(std::string_view text,
                          const LineProfile& profile,
                          const IssueFacts& facts) {
    const PromptStyle style = profile.prompt_style.value_or(PromptStyle::gettydefs);
    const std::string_view marks = style == PromptStyle::gettytab ? "%" : "@\\";
    std::string out;
    while (!text.empty()) {
        const std::size_t plain = std::min(text.find_first_of(marks), text.size());
        out += text.substr(0, plain);
        text.remove_prefix(plain);
        if (text.size() < 2) {
            out += text;
            break;
        }
        const char mark = text.front();
        text.remove_prefix(1);
        if (mark == '\\') {
            if (const auto octal = take_octal(text)) {
                out += *octal;
                continue;
            }
        }
        const char letter = text.front();
        const Expansion expansion = style == PromptStyle::gettytab
                                        ? after_percent(letter, profile, facts)
                                    : mark == '@' ? after_at(letter, facts)
                                                  : after_backslash(letter, facts);
        if (expansion) {
            out += *expansion;
        } else {
            // An unknown letter is itself; only a backslash is for taking a meaning away.
            out += mark == '\\' ? "" : std::string{mark};
            out += text.front();
        }
        text.remove_prefix(1);
    }
    return out;
}

}  // namespace getty
