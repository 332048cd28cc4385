#include "getty/credentials.hpp"

#include "common/log.hpp"
#include "common/safe_text.hpp"
#include "common/text_file.hpp"

#include <cstdlib>
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
    for (const char* option :
         {"autologin", "delay", "nice", "hangup", "noclear", "nohints", "nohostname", "noissue"}) {
        if (auto text = common::read_text_file(directory + "/agetty." + option)) {
            found.push_back({.option = option, .value = without_newline(*std::move(text))});
        }
    }
    return found;
}

}  // namespace getty
