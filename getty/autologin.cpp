#include "getty/autologin.hpp"

#include "common/language.hpp"
#include "common/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fcntl.h>
#include <sys/stat.h>

namespace getty {

namespace {

constexpr const char* state_directory = "/run/ttygate";

/// Field `index` of a line with colons between.
std::string_view field_of(std::string_view line, std::size_t index) {
    for (; index > 0; --index) {
        line.remove_prefix(std::min(line.size(), std::min(line.find(':'), line.size()) + 1));
    }
    return line.substr(0, line.find(':'));
}

std::string_view entry_of(std::string_view text, std::string_view user) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (field_of(line, 0) == user) {
            return line;
        }
    }
    return {};
}

}  // namespace

std::optional<std::string> reason_against_autologin(std::string_view shadow,
                                                    std::string_view user,
                                                    std::chrono::sys_days today) {
    const std::string_view entry = entry_of(shadow, user);
    if (entry.empty()) {
        return std::nullopt;
    }
    if (field_of(entry, 1).starts_with('!')) {
        return common::to_translate("the account is locked");
    }
    constexpr std::size_t expiry_field = 7;
    const std::string_view expiry = field_of(entry, expiry_field);
    long days = 0;
    const auto [end, problem] = std::from_chars(expiry.data(), expiry.data() + expiry.size(), days);
    if (problem == std::errc{} && end == expiry.data() + expiry.size() &&
        today.time_since_epoch().count() >= days) {
        return common::to_translate("the account has expired");
    }
    return std::nullopt;
}

bool is_first_autologin(std::string_view line) {
    std::string name{line};
    std::replace(name.begin(), name.end(), '/', '_');
    ::mkdir(state_directory, S_IRWXU);
    struct stat status {};
    if (::lstat(state_directory, &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != 0) {
        return false;
    }
    const std::string path = std::string{state_directory} + "/autologin." + name;
    const common::UniqueFd stamp{
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR)};
    return stamp.is_open();
}

}  // namespace getty
