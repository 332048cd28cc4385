#include "login/settings_files.hpp"

#include "common/log.hpp"
#include "common/text_file.hpp"

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

void apply_file(const std::string& path, const std::string& text, Settings& settings) {
    for (const SettingsProblem& problem : apply_settings(text, settings)) {
        common::log(common::Severity::warning,
                    path + ":" + std::to_string(problem.line) + ": " + problem.what);
    }
}

}  // namespace

Settings read_settings() {
    Settings settings;
    if (const auto text = common::read_text_file(shared_file)) {
        apply_file(shared_file, *text, settings);
    } else if (!is_absent(shared_file)) {
        common::log(common::Severity::warning, std::string{shared_file} + ": cannot be read");
    }
    if (const auto text = common::read_text_file(own_file)) {
        apply_file(own_file, *text, settings);
    } else if (!is_absent(own_file)) {
        throw std::runtime_error{std::string{own_file} + " cannot be read"};
    }
    return settings;
}

}  // namespace login
