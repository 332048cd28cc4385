#include "login/settings_files.hpp"

#include "common/log.hpp"
#include "common/safe_text.hpp"
#include "common/text_file.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include <unistd.h>

namespace login {

namespace {

constexpr const char* shared_file = "/etc/login.defs";
constexpr const char* own_file = "/etc/ttygate/login.conf";

bool is_absent(const std::string& path) {
    return ::access(path.c_str(), F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

void log_problem(const std::string& path, unsigned line, const std::string& what) {
    common::log(common::Severity::warning, path + ":" + std::to_string(line) + ": " + what);
}

/// In one line, however many there are: login.defs is the same at every login.
void note_strange_keys(const std::string& path, const std::vector<StrangeKey>& keys) {
    std::string names;
    for (const StrangeKey& key : keys) {
        names += (names.empty() ? "" : ", ") + common::safe_text(key.name) + " (line " +
                 std::to_string(key.line) + ")";
    }
    if (!names.empty()) {
        common::log(common::Severity::info, path + ": no effect on login: " + names);
    }
}

void apply_file(const std::string& path,
                const std::string& text,
                SettingsFile file,
                Settings& settings) {
    for (const SettingsProblem& problem : apply_settings(text, settings)) {
        log_problem(path, problem.line, problem.what);
    }
    std::vector<StrangeKey> strange = strange_keys(text, file);
    if (file == SettingsFile::own) {
        // Nobody but us reads it: what we do not know is a mistake.
        for (const StrangeKey& key : strange) {
            if (key.kind == StrangeKey::Kind::unknown) {
                log_problem(path, key.line, "there is no key " + common::quoted(key.name));
            }
        }
        std::erase_if(strange,
                      [](const auto& key) { return key.kind == StrangeKey::Kind::unknown; });
    }
    note_strange_keys(path, strange);
}

/// The first line of a file such as /etc/tzname, with or without `TZ=`.
std::string zone_in(const std::string& path) {
    const auto text = common::read_text_file(path);
    if (!text) {
        common::log(common::Severity::warning, path + ": no time zone is in it (ENV_TZ)");
    }
    constexpr std::string_view prefix = "TZ=";
    std::string line = text.value_or("");
    line.erase(std::min(line.size(), line.find('\n')));
    if (line.starts_with(prefix)) {
        line.erase(0, prefix.size());
    }
    if (!is_time_zone(line)) {
        common::log(common::Severity::warning,
                    path + ": what is in it is no time zone (ENV_TZ): " + common::quoted(line));
        return {};
    }
    return line;
}

}  // namespace

Settings read_settings() {
    Settings settings;
    if (const auto text = common::read_text_file(shared_file)) {
        apply_file(shared_file, *text, SettingsFile::shared, settings);
    } else if (!is_absent(shared_file)) {
        common::log(common::Severity::warning, std::string{shared_file} + ": cannot be read");
    }
    if (const auto text = common::read_text_file(own_file)) {
        apply_file(own_file, *text, SettingsFile::own, settings);
    } else if (!is_absent(own_file)) {
        throw std::runtime_error{std::string{own_file} + " cannot be read"};
    }
    if (!settings.time_zone_file.empty()) {
        settings.time_zone = zone_in(settings.time_zone_file);
    }
    return settings;
}

}  // namespace login
