#include "getty/issue_json.hpp"

#include "common/utf8.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace getty {

namespace {

void append_unit(std::string& out, char32_t unit) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += "\\u";
    for (unsigned shift = 16; shift > 0; shift -= 4) {
        out += digits[(unit >> (shift - 4)) & 0xFU];
    }
}

/// Above U+FFFF as a pair of surrogates.
void append_escaped(std::string& out, char32_t code) {
    constexpr char32_t first_beyond = 0x10000;
    if (code < first_beyond) {
        append_unit(out, code);
        return;
    }
    append_unit(out, 0xD800 + ((code - first_beyond) >> 10U));
    append_unit(out, 0xDC00 + ((code - first_beyond) & 0x3FFU));
}

/// "[" and a string for each line.
std::string json_lines(std::string_view lines) {
    std::string out = "[";
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
        if (!line.empty()) {
            out += (out.size() > 1 ? ", " : "") + json_string(line);
        }
    }
    return out + "]";
}

std::string iso_time(const std::tm& now) {
    std::array<char, 32> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &now);
    return {text.data(), size};
}

}  // namespace

std::string json_string(std::string_view text) {
    constexpr char32_t unknown = 0xFFFD;
    std::string out = "\"";
    while (!text.empty()) {
        const common::Decoded character = common::decode_utf8(text);
        const char32_t code = character.valid ? character.code : unknown;
        if (code == U'"' || code == U'\\') {
            out += '\\';
            out += text.front();
        } else if (code == U'\n') {
            out += "\\n";
        } else if (code < 0x20 || code == 0x7F || code == unknown ||
                   common::is_hidden_control(code)) {
            append_escaped(out, code);
        } else {
            out += text.substr(0, character.length);
        }
        text.remove_prefix(character.length);
    }
    return out + "\"";
}

std::string issue_as_json(std::string_view issue, const IssueFacts& facts) {
    struct Member {
        std::string_view name;
        std::string value;
    };
    const std::vector<Member> members{
        {"issue", json_string(issue)},
        {"system", json_string(facts.system_name())},
        {"host", json_string(facts.node_name())},
        {"release", json_string(facts.release())},
        {"version", json_string(facts.version())},
        {"machine", json_string(facts.machine())},
        {"nis_domain", json_string(facts.domain())},
        {"dns_domain", json_string(facts.host_domain())},
        {"os", json_string(facts.os_release("PRETTY_NAME"))},
        {"time", json_string(iso_time(facts.now()))},
        {"users", std::to_string(facts.users())},
        {"ipv4", json_string(facts.ipv4_address(""))},
        {"ipv6", json_string(facts.ipv6_address(""))},
        {"addresses", json_lines(facts.addresses(AddressList::all, ""))},
        {"host_keys", json_lines(facts.host_keys())},
        {"line", json_string(facts.line)},
        {"speed", std::to_string(facts.speed)},
    };
    std::string out = "{";
    for (const Member& member : members) {
        out += out.size() > 1 ? ",\n  " : "\n  ";
        out += json_string(member.name) + ": " + member.value;
    }
    return out + "\n}\n";
}

}  // namespace getty
