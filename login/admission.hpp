#pragma once

#include "common/user.hpp"
#include "login/limits.hpp"
#include "login/refusal.hpp"
#include "login/root_lines.hpp"
#include "login/rule_text.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace login {

enum class FileKind { missing, directory, other, regular };

/// What there is where an account's shell should be.
struct ShellFile {
    FileKind kind = FileKind::missing;
    bool executable = false;
    std::string beginning{};  ///< its first bytes
};

/// `nologin` is the text of the file that closes the machine, if it is there.
/// Root gets in, and is told.
[[nodiscard]] std::optional<Refusal> refusal_by_nologin(const std::optional<std::string>& nologin,
                                                        const common::User& user);

[[nodiscard]] std::optional<Refusal> refusal_by_line(const RootLines& lists,
                                                     const common::User& user,
                                                     std::string_view line);

/// Which table of rules has spoken.
enum class RuleTable { login_access, porttime };

/// By login.access(5) or porttime(5). A faulty line that might have decided
/// keeps everybody out but root: what it forbids is not known, and root must be
/// able to repair it.
[[nodiscard]] std::optional<Refusal> refusal_by_rules(RuleTable table,
                                                      const RuleVerdict& verdict,
                                                      const common::User& user);

/// `sessions` are the user's that there are without this one.
[[nodiscard]] std::optional<Refusal> refusal_by_number(const UserLimits& limits,
                                                       std::size_t sessions);

/// -s replaces a shell that the machine lists as one, so that an account which
/// is shut by its shell stays shut.
[[nodiscard]] std::optional<Refusal> refusal_by_replacement(
    const std::optional<std::string>& shells, std::string_view shell);

/// The same for FAKE_SHELL, which is for everybody: without a refusal, because an
/// account that is shut by its shell then starts just that.
[[nodiscard]] bool may_be_replaced(const std::optional<std::string>& shells,
                                   std::string_view shell);

/// Exactly this shell, or none.
[[nodiscard]] std::optional<Refusal> refusal_by_shell(std::string_view path, const ShellFile& file);

}  // namespace login
