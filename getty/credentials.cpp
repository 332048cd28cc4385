#include "getty/credentials.hpp"

#include "common/log.hpp"
#include "common/safe_text.hpp"
#include "common/text_file.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string_view>

#include <sys/stat.h>

namespace getty {

namespace {

constexpr std::string_view trusted_place = "/run/credentials/";

bool is_trustworthy(const std::string& directory) {
    struct stat status {};
    const bool is_in_place =
        directory.starts_with(trusted_place) && directory.find("/..") == std::string::npos;
    return is_in_place && ::lstat(directory.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
           status.st_uid == 0 && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/// "yes" or "no", however a switch was set; nothing for anything else.
std::optional<std::string> read_switch(std::string_view text) {
    constexpr auto on = std::to_array<std::string_view>({"", "yes", "true", "on", "1"});
    constexpr auto off = std::to_array<std::string_view>({"no", "false", "off", "0"});
    if (std::find(on.begin(), on.end(), text) != on.end()) {
        return "yes";
    }
    if (std::find(off.begin(), off.end(), text) != off.end()) {
        return "no";
    }
    return std::nullopt;
}

struct Known {
    const char* option;
    bool is_switch;
};

constexpr std::array known_credentials{Known{"autologin", false},
                                       Known{"delay", false},
                                       Known{"nice", false},
                                       Known{"hangup", true},
                                       Known{"noclear", true},
                                       Known{"nohints", true},
                                       Known{"nohostname", true},
                                       Known{"noissue", true}};

std::string without_newline(std::string text) {
    while (text.ends_with('\n') || text.ends_with('\r')) {
        text.pop_back();
    }
    return text;
}

}  // namespace

std::vector<Credential> read_credentials() {
    const char* const place = ::getenv("CREDENTIALS_DIRECTORY");
    if (place == nullptr || *place == '\0') {
        return {};
    }
    const std::string directory{place};
    if (!is_trustworthy(directory)) {
        common::log(common::Severity::warning,
                    "CREDENTIALS_DIRECTORY " + common::quoted(directory) +
                        " is not heeded: it is not root's own, below /run/credentials");
        return {};
    }
    std::vector<Credential> found;
    for (const Known& known : known_credentials) {
        auto text = common::read_text_file(directory + "/agetty." + known.option);
        if (!text) {
            continue;
        }
        std::optional<std::string> value = without_newline(*std::move(text));
        if (known.is_switch) {
            value = read_switch(*value);
        }
        if (value) {
            found.push_back({.option = known.option, .value = *std::move(value)});
        } else {
            common::log(common::Severity::warning,
                        std::string{"credential agetty."} + known.option +
                            " is not heeded: it is neither yes nor no");
        }
    }
    return found;
}

}  // namespace getty
