#include "login/account_sources.hpp"

#include "common/log.hpp"
#include "common/text_file.hpp"

#include <algorithm>
#include <array>

namespace login {

namespace {

constexpr std::string_view blanks = " \t";

std::string_view take_until(std::string_view& text, std::string_view ends) {
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(blanks)));
    const std::string_view taken = text.substr(0, text.find_first_of(ends));
    text.remove_prefix(std::min(text.size(), taken.size() + 1));
    return taken;
}

template <std::size_t Size>
bool is_among(const std::array<std::string_view, Size>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool names_others(std::string_view services) {
    constexpr std::array<std::string_view, 4> of_this_machine{"files", "compat", "db", "systemd"};
    while (!services.empty()) {
        if (services.front() == '[') {
            take_until(services, "]");
            continue;
        }
        const std::string_view service = take_until(services, blanks);
        if (!service.empty() && service.front() != '[' && !is_among(of_this_machine, service)) {
            return true;
        }
        services.remove_prefix(std::min(services.size(), services.find_first_not_of(blanks)));
    }
    return false;
}

}  // namespace

bool asks_elsewhere(std::string_view nsswitch) {
    constexpr std::array<std::string_view, 5> databases{
        "passwd", "group", "shadow", "initgroups", "passwd_compat"};
    while (!nsswitch.empty()) {
        std::string_view line = take_until(nsswitch, "\n");
        line = line.substr(0, line.find('#'));
        const std::string_view database = take_until(line, ": \t");
        line.remove_prefix(std::min(line.size(), line.find_first_not_of(": \t")));
        if (is_among(databases, database) && names_others(line)) {
            return true;
        }
    }
    return false;
}

bool accounts_come_from_elsewhere() {
#if TTYGATE_STATIC
    return false;
#else
    bool result = false;
    common::tolerate("look where accounts come from", [&result] {
        result = asks_elsewhere(common::read_text_file("/etc/nsswitch.conf").value_or(""));
    });
    return result;
#endif
}

}  // namespace login
