#include "getty/issue.hpp"

#include "common/safe_text.hpp"
#include "common/short_text.hpp"

#include <algorithm>
#include <array>

namespace getty {

namespace {

struct Colour {
    common::ShortText<12> name;
    common::ShortText<4> code;  ///< SGR parameter, console_codes(4)
};

constexpr auto colours = std::to_array<Colour>({
    {"black", "30"},     {"blink", "5"},         {"blue", "34"},           {"bold", "1"},
    {"brown", "33"},     {"cyan", "36"},         {"darkgray", "1;30"},     {"gray", "37"},
    {"green", "32"},     {"halfbright", "2"},    {"lightblue", "1;34"},    {"lightcyan", "1;36"},
    {"lightgray", "37"}, {"lightgreen", "1;32"}, {"lightmagenta", "1;35"}, {"lightred", "1;31"},
    {"magenta", "35"},   {"red", "31"},          {"reset", "0"},           {"reverse", "7"},
    {"white", "1;37"},   {"yellow", "1;33"},
});

std::string escape_sequence(std::string_view argument) {
    if (argument.empty()) {
        return "\x1b";
    }
    const auto* const found = std::find_if(
        colours.begin(), colours.end(), [=](const Colour& c) { return c.name == argument; });
    return found == colours.end() ? "" : "\x1b[" + std::string{found->code.view()} + "m";
}

std::string two_digits(int number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
}

/// "Sat Nov 21  2026": agetty's form, in English whatever the locale.
std::string date_of(const std::tm& now) {
    constexpr std::array<common::ShortText<3>, 7> days{
        "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<common::ShortText<3>, 12> months{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return std::string{days.at(static_cast<std::size_t>(now.tm_wday)).view()} + " " +
           std::string{months.at(static_cast<std::size_t>(now.tm_mon)).view()} + " " +
           std::to_string(now.tm_mday) + "  " + std::to_string(now.tm_year + 1900);
}

std::string time_of(const std::tm& now) {
    return two_digits(now.tm_hour) + ":" + two_digits(now.tm_min) + ":" + two_digits(now.tm_sec);
}

std::string pretty_name(const IssueFacts& facts, std::string_view variable) {
    if (variable == "ANSI_COLOR") {
        const std::string code = facts.os_release(variable);
        return code.empty() ? "" : "\x1b[" + common::safe_text(code) + "m";
    }
    if (!variable.empty()) {
        return common::safe_text(facts.os_release(variable));
    }
    const std::string name = facts.os_release("PRETTY_NAME");
    return common::safe_text(name.empty() ? facts.system_name() : name);
}

std::string user_count(const IssueFacts& facts) {
    const unsigned users = facts.users();
    return std::to_string(users) + (users == 1 ? " user" : " users");
}

std::string lines_of(const std::string& text) {
    return common::safe_text(text, common::LineBreaks::kept);
}

/// `\q` alone is an unknown escape, as everywhere. Who cannot have the picture
/// reads what would be in it.
std::string qr_code(const IssueFacts& facts, std::string_view text) {
    if (text.empty()) {
        return "q";
    }
    std::string picture = facts.qr_code(text);
    return picture.empty() ? common::safe_text(text) : picture;
}

std::string expand(char escape, std::string_view argument, const IssueFacts& facts) {
    using common::safe_text;
    switch (escape) {
        case 'a': return lines_of(facts.addresses(AddressList::best, argument));
        case 'A': return lines_of(facts.addresses(AddressList::all, argument));
        case 'b': return std::to_string(facts.speed);
        case 'd': return date_of(facts.now());
        case 'e': return escape_sequence(argument);
        case 'k': return lines_of(facts.host_keys());
        case 'l': return safe_text(facts.line.empty() ? "-" : facts.line);
        case 'm': return safe_text(facts.machine());
        case 'n': return safe_text(facts.node_name());
        case 'o': return safe_text(facts.domain());
        case 'O': return safe_text(facts.host_domain());
        case 'q': return qr_code(facts, argument);
        case 'r': return safe_text(facts.release());
        case 's': return safe_text(facts.system_name());
        case 'S': return pretty_name(facts, argument);
        case 't': return time_of(facts.now());
        // The blank is agetty's.
        case 'u': return std::to_string(facts.users()) + " ";
        case 'U': return user_count(facts);
        case 'v': return safe_text(facts.version());
        case '4': return safe_text(facts.ipv4_address(argument));
        case '6': return safe_text(facts.ipv6_address(argument));
        default: return std::string{escape};
    }
}

bool is_one_of(char escape, std::string_view set) {
    return set.find(escape) != set.npos;
}

constexpr std::string_view take_argument = "46aAeqS";
constexpr std::string_view tell_addresses = "46aA";
/// What is different at every look: no reason to show an issue again.
constexpr std::string_view change_by_themselves = "dtuU";
/// After a %: the escapes of BusyBox and mingetty.
constexpr std::string_view busybox_escapes = "dtlmnorsuUv";

/// `{eth0}` and `{interface=eth0}` are the same.
std::string_view interface_in(std::string_view argument) {
    constexpr std::string_view name = "interface=";
    return argument.starts_with(name) ? argument.substr(name.size()) : argument;
}

struct Escape {
    char letter = 0;
    std::string_view argument{};
    bool has_argument = false;  ///< `{}` is one too
};

/// The escape whose mark has been seen; `text` begins with its letter.
Escape take_escape(char mark, std::string_view& text) {
    Escape escape{.letter = text.front()};
    text.remove_prefix(1);
    const std::size_t close = text.find('}');
    if (mark == '\\' && is_one_of(escape.letter, take_argument) && text.starts_with('{') &&
        close != text.npos) {
        escape.argument = text.substr(1, close - 1);
        escape.has_argument = true;
        text.remove_prefix(close + 1);
    }
    return escape;
}

}  // namespace

RenderedIssue render_issue(std::string_view text, const IssueFacts& facts, IssueStyle style) {
    const std::string_view marks = style == IssueStyle::busybox ? "\\%" : "\\";
    RenderedIssue issue{.lasting_hash = text_hash({})};
    const auto put = [&issue](std::string_view part) {
        issue.text += part;
        issue.lasting_hash = text_hash(part, issue.lasting_hash);
    };
    while (!text.empty()) {
        const std::size_t plain = std::min(text.find_first_of(marks), text.size());
        put(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.size() < 2) {
            break;  // nothing left, or a mark at the very end
        }
        const char mark = text.front();
        text.remove_prefix(1);
        const Escape escape = take_escape(mark, text);
        if (mark == '%' && !is_one_of(escape.letter, busybox_escapes)) {
            put({&escape.letter, 1});
            continue;
        }
        // An argument that says nothing: no colour, no variable, no interface.
        if (escape.has_argument && escape.argument.empty()) {
            continue;
        }
        issue.uses_addresses |= is_one_of(escape.letter, tell_addresses);
        issue.uses_host_name |= is_one_of(escape.letter, "nO");
        issue.uses_domain_name |= escape.letter == 'o';
        const bool names_interface = is_one_of(escape.letter, tell_addresses);
        const std::string told =
            expand(escape.letter,
                   names_interface ? interface_in(escape.argument) : escape.argument,
                   facts);
        if (is_one_of(escape.letter, change_by_themselves)) {
            issue.text += told;
        } else {
            put(told);
        }
    }
    return issue;
}

std::vector<std::string_view> colour_names() {
    std::vector<std::string_view> names;
    names.reserve(colours.size());
    for (const Colour& colour : colours) {
        names.push_back(colour.name.view());
    }
    return names;
}

std::uint64_t text_hash(std::string_view text, std::uint64_t before) {
    constexpr std::uint64_t prime = 0x100000001b3U;
    for (const char byte : text) {
        before = (before ^ static_cast<unsigned char>(byte)) * prime;
    }
    return before;
}

}  // namespace getty
