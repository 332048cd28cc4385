#pragma once

#include <optional>
#include <span>
#include <string>

#include <sys/types.h>

namespace login {

/// How `login --check` answers, where that is all that is wanted.
enum class CheckForm { none, text, json };

/// What the command line asked for.
struct Options {
    std::optional<std::string> user{};
    std::optional<std::string> host{};   ///< -h
    std::optional<std::string> shell{};  ///< -s
    bool already_authenticated = false;  ///< -f
    bool plain_prompt = false;           ///< -H
    bool keep_environment = false;       ///< -p
    bool become_shell = false;           ///< --exec-shell
    CheckForm check = CheckForm::none;   ///< --check, with --json
    bool json = false;                   ///< --json

    bool operator==(const Options&) const = default;
};

/// Reads the words of a command line by the rule of shadow's login: an option is
/// a word of exactly two characters or a long one, so that no name can be taken
/// for one; options come before the name, nothing comes after it. Throws
/// common::UsageError; --help and --version print and throw common::Leave.
[[nodiscard]] Options parse_options(int argc, const char* const* argv);

/// Takes the name out of the words that ps(1) shows: what was typed at getty's
/// prompt may have been a password. Call it when the options have been read.
void hide_name(const Options& options, int argc, char** argv) noexcept;

/// Throws common::UsageError unless whoever runs us may do what is asked.
void require_privilege(const Options& options, uid_t real, uid_t effective);

/// A host that may be given to PAM, shown and recorded.
[[nodiscard]] bool is_possible_host(std::string_view host);

}  // namespace login
