#pragma once

#include "common/user.hpp"
#include "login/line.hpp"
#include "login/settings.hpp"

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>
#include <utmpx.h>

namespace login {

/// Stands for what is no account.
constexpr std::string_view unknown_name = "(unknown)";

/// The name of an account, or `(unknown)`: what is typed for a name may be a
/// password, and goes into no file unless it is the name of an account.
[[nodiscard]] std::string recordable_name(const std::string& typed, const Settings& settings);

/// Notes a failed attempt in btmp.
void record_failure(const std::string& name, const Line& line, const Settings& settings);

/// What modules of the gate's may have done already.
struct NotedByModules {
    bool in_lastlog = false;  ///< they have
    bool maybe_in_wtmp = false;
};

/// Who is on the line, in utmp and wtmp, and in lastlog unless a module has noted
/// it there. A login that a PAM module has just written to wtmp is not
/// written there again. Returns who was on the line before, if somebody was.
[[nodiscard]] std::optional<utmpx> record_login(const common::User& user,
                                                const Line& line,
                                                pid_t session,
                                                const NotedByModules& noted,
                                                const Settings& settings);

/// That nobody is on it any more, in utmp and wtmp; in utmp rather that it is
/// `again` theirs who were on it before.
void record_logout(const Line& line, const std::optional<utmpx>& again) noexcept;

/// The same by another process, for a login that cannot: its record ends if there
/// is one, and in wtmp what a module had begun there.
void record_end_of(pid_t login, const Line& line) noexcept;

}  // namespace login
