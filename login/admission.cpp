#include "login/admission.hpp"

#include "common/safe_text.hpp"

#include <algorithm>

namespace login {

namespace {

/// True when a line of the text is this word; `#` begins a comment.
bool lists_line(std::string_view text, std::string_view word) {
    constexpr std::string_view blanks = " \t\r";
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        line = line.substr(0, line.find('#'));
        line.remove_prefix(std::min(line.size(), line.find_first_not_of(blanks)));
        line = line.substr(0, line.find_first_of(blanks));
        if (!line.empty() && line == word) {
            return true;
        }
    }
    return false;
}

std::string_view problem_with(std::string_view path, const ShellFile& file) {
    constexpr std::string_view elf =
        "\x7f"
        "ELF";
    if (path.find_first_of(" \t") != std::string_view::npos) {
        return "has blanks in it";
    }
    if (!path.starts_with('/')) {
        return "is no absolute path";
    }
    switch (file.kind) {
        case FileKind::missing: return "is not there";
        case FileKind::directory: return "is a directory";
        case FileKind::other: return "is no file";
        case FileKind::regular: break;
    }
    if (!file.executable) {
        return "is not executable";
    }
    // The kernel would refuse it, and what shells do then, run it themselves, is
    // not what the account's entry says.
    if (!file.beginning.starts_with(elf) && !file.beginning.starts_with("#!")) {
        return "is a script without #!";
    }
    return {};
}

}  // namespace

std::optional<Refusal> refusal_by_nologin(const std::optional<std::string>& nologin,
                                          const common::User& user) {
    if (!nologin || user.uid == 0) {
        return std::nullopt;
    }
    const bool silent = nologin->find_first_not_of(" \t\r\n") == std::string::npos;
    return Refusal{
        .words = silent ? "The system is closed: nobody but root can log in now." : *nologin,
        .reason = "logins are closed by the nologin file"};
}

std::optional<Refusal> refusal_by_line(const std::optional<std::string>& securetty,
                                       const common::User& user,
                                       std::string_view line) {
    if (!securetty || user.uid != 0 || lists_line(*securetty, line)) {
        return std::nullopt;
    }
    return Refusal{.words = "Root cannot log in on this line.",
                   .reason = "securetty does not list this line"};
}

std::optional<Refusal> refusal_by_replacement(const std::optional<std::string>& shells,
                                              std::string_view shell) {
    if (lists_line(shells.value_or(""), shell)) {
        return std::nullopt;
    }
    return Refusal{.words = "The shell of this account cannot be replaced.",
                   .reason = "-s was given, and the shell " + common::quoted(shell) +
                             " is not in /etc/shells"};
}

std::optional<Refusal> refusal_by_shell(std::string_view path, const ShellFile& file) {
    const std::string_view problem = problem_with(path, file);
    if (problem.empty()) {
        return std::nullopt;
    }
    return Refusal{
        .words = "The shell " + common::safe_text(path) + " " + std::string{problem} + ".",
        .reason = "the shell " + common::quoted(path) + " " + std::string{problem}};
}

}  // namespace login
