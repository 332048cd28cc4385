#include "getty/prompt.hpp"

#include "common/safe_text.hpp"
#include "getty/table_text.hpp"

#include <algorithm>
#include <array>

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

using Expand = std::string (*)(const LineProfile&, const IssueFacts&);

struct Escape {
    char letter;
    Expand expand;
};

template <std::function<std::string()> IssueFacts::*Fact>
std::string fact(const LineProfile& /*profile*/, const IssueFacts& facts) {
    return told(facts.*Fact);
}

std::string line_name(const LineProfile& /*profile*/, const IssueFacts& facts) {
    return common::safe_text(facts.line);
}

std::string speed(const LineProfile& /*profile*/, const IssueFacts& facts) {
    return std::to_string(facts.speed);
}

std::string users(const LineProfile& /*profile*/, const IssueFacts& facts) {
    return user_count(facts);
}

std::string nothing(const LineProfile& /*profile*/, const IssueFacts& /*facts*/) {
    return {};
}

template <char Character>
std::string character(const LineProfile& /*profile*/, const IssueFacts& /*facts*/) {
    return {Character};
}

std::string time_of_day(const LineProfile& /*profile*/, const IssueFacts& facts) {
    return formatted_time(facts, "%H:%M:%S");
}

constexpr auto after_at = std::to_array<Escape>({
    {'@', character<'@'>},
    {'B', speed},
    {'D',
     [](const LineProfile&, const IssueFacts& facts) { return formatted_time(facts, "%m/%d/%y"); }},
    {'H', [](const LineProfile&, const IssueFacts& facts) { return short_host_of(facts); }},
    {'L', line_name},
    {'S', fact<&IssueFacts::node_name>},
    {'T', time_of_day},
    {'U', users},
    {'V', fact<&IssueFacts::version>},
});

constexpr auto after_backslash = std::to_array<Escape>({
    {'C',
     [](const LineProfile&, const IssueFacts& facts) {
         return formatted_time(facts, "%a %b %e %H:%M:%S %Y");
     }},
    {'D',
     [](const LineProfile&, const IssueFacts& facts) { return formatted_time(facts, "%d/%m"); }},
    {'I', nothing},  // a modem's CONNECT text
    {'L', line_name},
    {'N', users},
    {'P', line_name},
    {'S', speed},
    {'T', time_of_day},
    {'U', users},
    {'Y', nothing},  // a caller's number
    {'b', character<'\b'>},
    {'c', nothing},  // "no newline here", which there never is
    {'f', character<'\f'>},
    {'g', character<'\a'>},
    {'n', character<'\n'>},
    {'r', character<'\r'>},
    {'s', character<' '>},
    {'t', character<'\t'>},
    {'v', character<'\v'>},
});

constexpr auto after_percent = std::to_array<Escape>({
    {'%', character<'%'>},
    {'d', bsd_date},
    {'h', bsd_host},
    {'m', fact<&IssueFacts::machine>},
    {'r', fact<&IssueFacts::release>},
    {'s', fact<&IssueFacts::system_name>},
    {'t', line_name},
    {'v', fact<&IssueFacts::version>},
});

template <typename Table>
Expand find(const Table& table, char letter) {
    const auto* const found = std::find_if(
        table.begin(), table.end(), [=](const Escape& e) { return e.letter == letter; });
    return found == table.end() ? nullptr : found->expand;
}

Expand find_escape(PromptStyle style, char mark, char letter) {
    if (style == PromptStyle::gettytab) {
        return find(after_percent, letter);
    }
    return mark == '@' ? find(after_at, letter) : find(after_backslash, letter);
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
        if (const Expand expand = find_escape(style, mark, text.front())) {
            out += expand(profile, facts);
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
