#pragma once

#include "common/environment.hpp"
#include "common/signals.hpp"
#include "getty/options.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace getty {

/// A name we pass on: 1 to 256 bytes of UTF-8, no leading `-`, no control, no
/// blank and none of `= , " ' / :`. A backslash is allowed (DOMAIN\user).
[[nodiscard]] bool is_login_name(std::string_view name);

/// The arguments of login, its path first: `login [-h HOST | -H] [-f] -- NAME`,
/// or what --login-options says with \u replaced by the name. The name always
/// follows `--` in what we build: it can never be an option.
[[nodiscard]] std::vector<std::string> login_arguments(const Options& options,
                                                       std::string_view name);

/// What login inherits: TERM, from init's environment only locale, time zone,
/// path and seat, and over these what a line table sets.
[[nodiscard]] common::Environment login_environment(const common::Environment& inherited,
                                                    std::string_view terminal_type,
                                                    const LineProfile& profile);

/// The login program as it is called before --chroot, where a path without a
/// leading slash begins at the new root too.
[[nodiscard]] std::string program_outside(const Options& options);

/// errno of what keeps this file from being run as a program; 0 for nothing.
[[nodiscard]] int problem_with_program(const std::string& path);

/// What this process found ignored, and ignores itself: looked up when it is asked for
/// first, which takes as long as a tenth of the way from a name to login.
[[nodiscard]] common::SignalBits ignored_signals() noexcept;

/// Becomes login: root, directory, niceness, then execve, with every signal on its default
/// action. Throws std::system_error that names the step which failed.
[[noreturn]] void become_login(const Options& options,
                               const std::vector<std::string>& arguments,
                               const common::Environment& environment);

}  // namespace getty
