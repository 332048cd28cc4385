#include "login/account_sources.hpp"

#include "common/log.hpp"
#include "common/text_file.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#include <nss.h>
#include <sys/stat.h>

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

AccountSources sources_in(std::string_view services) {
    constexpr std::array<std::string_view, 3> here{"compat", "db", "systemd"};
    auto result = AccountSources::files;
    while (!services.empty()) {
        if (services.front() == '[') {
            take_until(services, "]");
            continue;
        }
        const std::string_view service = take_until(services, blanks);
        if (is_among(here, service)) {
            result = std::max(result, AccountSources::this_machine);
        } else if (!service.empty() && service.front() != '[' && service != "files") {
            return AccountSources::elsewhere;
        }
        services.remove_prefix(std::min(services.size(), services.find_first_not_of(blanks)));
    }
    return result;
}

/// A FIFO or a device: the C library opens it and waits.
[[maybe_unused]] bool may_hang(const char* path) noexcept {
    struct stat file {};
    return ::stat(path, &file) == 0 && !S_ISREG(file.st_mode);
}

bool is_local = false;

}  // namespace

AccountSources account_sources(std::string_view nsswitch) {
    constexpr std::array<std::string_view, 5> databases{
        "passwd", "group", "shadow", "initgroups", "passwd_compat"};
    constexpr std::size_t needed = 3;
    std::array<bool, databases.size()> named{};
    auto result = AccountSources::files;
    while (!nsswitch.empty()) {
        std::string_view line = take_until(nsswitch, "\n");
        line = line.substr(0, line.find('#'));
        const std::string_view database = take_until(line, ": \t");
        line.remove_prefix(std::min(line.size(), line.find_first_not_of(": \t")));
        const auto* const found = std::find(databases.begin(), databases.end(), database);
        if (found != databases.end()) {
            named.at(static_cast<std::size_t>(found - databases.begin())) = true;
            result = std::max(result, sources_in(line));
        }
    }
    // Defaults differ from one C library to the next.
    const bool is_told =
        std::all_of(named.begin(), named.begin() + needed, [](bool is) { return is; });
    return is_told ? result : std::max(result, AccountSources::this_machine);
}

AccountSources settle_account_sources() {
#if TTYGATE_STATIC
    return AccountSources::files;
#else
    auto result = AccountSources::this_machine;
    common::tolerate("look where accounts come from", [&result] {
        constexpr const char* switches = "/etc/nsswitch.conf";
        const auto text = common::read_text_file(switches);
        if ((!text && may_hang(switches)) || may_hang("/etc/passwd")) {
            result = AccountSources::elsewhere;
            return;
        }
        result = account_sources(text.value_or(""));
        if (result == AccountSources::files) {
            use_local_accounts();
        }
    });
    return result;
#endif
}

void use_local_accounts() {
    for (const char* database : {"passwd", "group", "initgroups", "shadow"}) {
        if (::__nss_configure_lookup(database, "files") != 0) {
            throw std::runtime_error{std::string{"cannot use the local "} + database};
        }
    }
    is_local = true;
}

bool uses_local_accounts() noexcept {
    return is_local;
}

}  // namespace login
