#pragma once

#include "common/user.hpp"
#include "login/refusal.hpp"

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

/// `securetty` is a list of lines on which root may log in; without it, all.
[[nodiscard]] std::optional<Refusal> refusal_by_line(const std::optional<std::string>& securetty,
                                                     const common::User& user,
                                                     std::string_view line);

/// -s replaces a shell that the machine lists as one, so that an account which
/// is shut by its shell stays shut.
[[nodiscard]] std::optional<Refusal> refusal_by_replacement(
    const std::optional<std::string>& shells, std::string_view shell);

/// Exactly this shell, or none.
[[nodiscard]] std::optional<Refusal> refusal_by_shell(std::string_view path, const ShellFile& file);

}  // namespace login
