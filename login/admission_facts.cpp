#include "login/admission_facts.hpp"

#include "common/text_file.hpp"
#include "login/shell_command.hpp"

#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

namespace login {

namespace {

ShellFile look_at_shell(const std::string& path) {
    struct stat status {};
    if (!path.starts_with('/') || ::stat(path.c_str(), &status) != 0) {
        return {};
    }
    if (!S_ISREG(status.st_mode)) {
        return {.kind = S_ISDIR(status.st_mode) ? FileKind::directory : FileKind::other};
    }
    constexpr std::size_t as_much_as_tells = 4;
    return {.kind = FileKind::regular,
            .executable = (status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0,
            .beginning = common::read_text_file(path, as_much_as_tells).value_or("")};
}

/// A list that is there and cannot be read lists no line.
std::optional<std::string> securetty_text() {
    constexpr const char* path = "/etc/securetty";
    if (::access(path, F_OK) != 0 && errno == ENOENT) {
        return std::nullopt;
    }
    return common::read_text_file(path).value_or("");
}

std::optional<Refusal> refusal_by_rules(const common::User& user,
                                        const Line& line,
                                        const Gate& gate,
                                        const Settings& settings) {
    if (auto refusal = refusal_by_nologin(nologin_text(gate, settings), user)) {
        return refusal;
    }
    if (user.uid != 0) {
        return std::nullopt;
    }
    return refusal_by_line(securetty_text(), user, line.name);
}

}  // namespace

std::optional<std::string> nologin_text(const Gate& gate, const Settings& settings) {
    if (gate.has_rules_of_its_own() || ::access(settings.nologin_file.c_str(), F_OK) != 0) {
        return std::nullopt;
    }
    return common::read_text_file(settings.nologin_file).value_or("");
}

std::optional<Refusal> reason_to_refuse(const common::User& user,
                                        const Gate& gate,
                                        const Line& line,
                                        const Options& options,
                                        const Settings& settings) {
    if (!gate.has_rules_of_its_own()) {
        if (auto refusal = refusal_by_rules(user, line, gate, settings)) {
            return refusal;
        }
    }
    ShellCommand shell = shell_command(user.shell);
    if (options.shell) {
        if (auto refusal =
                refusal_by_replacement(common::read_text_file("/etc/shells"), shell.path)) {
            return refusal;
        }
        shell = shell_command(*options.shell);
    }
    return refusal_by_shell(shell.path, look_at_shell(shell.path));
}

}  // namespace login
