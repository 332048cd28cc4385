#include "getty/issue_json.hpp"

#include "common/json.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace getty {

using common::json_string;

namespace {

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
