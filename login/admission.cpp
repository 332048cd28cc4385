#include "login/admission.hpp"

#include "common/language.hpp"
#include "common/safe_text.hpp"

namespace login {

using common::to_translate;
using common::translated;

namespace {

/// For the person, with a place for the path, and for the log.
struct ShellProblem {
    const char* words;
    std::string_view reason;
};

std::optional<ShellProblem> problem_with(std::string_view path, const ShellFile& file) {
    constexpr std::string_view elf =
        "\x7f"
        "ELF";
    if (path.find_first_of(" \t") != std::string_view::npos) {
        return ShellProblem{to_translate("The shell %s has blanks in it."), "has blanks in it"};
    }
    if (!path.starts_with('/')) {
        return ShellProblem{to_translate("The shell %s is no absolute path."),
                            "is no absolute path"};
    }
    switch (file.kind) {
        case FileKind::missing:
            return ShellProblem{to_translate("The shell %s is not there."), "is not there"};
        case FileKind::directory:
            return ShellProblem{to_translate("The shell %s is a directory."), "is a directory"};
        case FileKind::other:
            return ShellProblem{to_translate("The shell %s is no file."), "is no file"};
        case FileKind::regular: break;
    }
    if (!file.executable) {
        return ShellProblem{to_translate("The shell %s is not executable."), "is not executable"};
    }
    // The kernel would refuse it, and what shells do then, run it themselves, is
    // not what the account's entry says.
    if (!file.beginning.starts_with(elf) && !file.beginning.starts_with("#!")) {
        return ShellProblem{to_translate("The shell %s is a script without #!."),
                            "is a script without #!"};
    }
    return std::nullopt;
}

}  // namespace

std::optional<Refusal> refusal_by_nologin(const std::optional<std::string>& nologin,
                                          const common::User& user) {
    if (!nologin || user.uid == 0) {
        return std::nullopt;
    }
    const bool silent = nologin->find_first_not_of(" \t\r\n") == std::string::npos;
    return Refusal{
        .words =
            silent ? translated("The system is closed: nobody but root can log in now.") : *nologin,
        .reason = "logins are closed by the nologin file"};
}

std::optional<Refusal> refusal_by_line(const RootLines& lists,
                                       const common::User& user,
                                       std::string_view line) {
    const auto against =
        user.uid == 0 ? list_against_root(lists, line) : std::optional<std::string_view>{};
    if (!against) {
        return std::nullopt;
    }
    return Refusal{.words = translated("Root cannot log in on this line."),
                   .reason = std::string{*against} + " does not let root in on this line"};
}

std::optional<Refusal> refusal_by_rules(RuleTable table,
                                        const RuleVerdict& verdict,
                                        const common::User& user) {
    const bool by_access = table == RuleTable::login_access;
    const std::string place{by_access ? "/etc/login.access:" : "/etc/porttime:"};
    if (verdict.doubted_by != 0 && user.uid != 0) {
        return Refusal{
            .words = translated("A rule of this machine cannot be understood; until it is, "
                                "only root can log in."),
            .reason = place + std::to_string(verdict.doubted_by) +
                      " cannot be understood, and might keep them out"};
    }
    if (verdict.allowed) {
        return std::nullopt;
    }
    return Refusal{.words = by_access ? translated("You may not log in from here.")
                                      : translated("You may not log in on this line at this time."),
                   .reason = place + std::to_string(verdict.line) + " keeps them out"};
}

std::optional<Refusal> refusal_by_number(const UserLimits& limits, std::size_t sessions) {
    if (!limits.sessions || sessions < *limits.sessions) {
        return std::nullopt;
    }
    const std::string number = std::to_string(*limits.sessions);
    return Refusal{.words = common::filled(
                       translated("You are logged in as often as you may be (%s)."), number),
                   .reason = "they may have " + number + " sessions, and have as many"};
}

bool may_be_replaced(const std::optional<std::string>& shells, std::string_view shell) {
    return lists_line(shells.value_or(""), shell);
}

std::optional<Refusal> refusal_by_replacement(const std::optional<std::string>& shells,
                                              std::string_view shell) {
    if (may_be_replaced(shells, shell)) {
        return std::nullopt;
    }
    return Refusal{.words = translated("The shell of this account cannot be replaced."),
                   .reason = "-s was given, and the shell " + common::quoted(shell) +
                             " is not in /etc/shells"};
}

std::optional<Refusal> refusal_by_shell(std::string_view path, const ShellFile& file) {
    const auto problem = problem_with(path, file);
    if (!problem) {
        return std::nullopt;
    }
    return Refusal{
        .words = common::filled(translated(problem->words), common::safe_text(path)),
        .reason = "the shell " + common::quoted(path) + " " + std::string{problem->reason}};
}

}  // namespace login
