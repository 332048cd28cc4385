#pragma once

#include "common/log.hpp"
#include "login/line.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace login {

/// What happened to somebody on a line. A journal has it in fields beside the text:
/// MESSAGE_ID, LOGIN_RESULT, LOGIN_USER, LOGIN_TTY, LOGIN_RHOST, XDG_SESSION_ID,
/// PAM_STATUS.
struct LoginEvent {
    enum class Result { success, failure, refused, ended };
    Result result = Result::failure;
    std::string user{};               ///< as it may be recorded: see recordable_name()
    std::string session{};            ///< what logind calls it
    std::optional<int> pam_status{};  ///< what PAM has returned last, where it was asked
};

void log_event(common::Severity severity,
               std::string_view text,
               const LoginEvent& event,
               const Line& line) noexcept;

/// A name as readers of logs expect it; in quotes if it could be taken for more.
[[nodiscard]] std::string name_in_log(const std::string& name);

/// "LOGIN ON ttyS0 BY ann", "ROOT LOGIN ON pts/3 FROM 10.0.0.7": login(1)'s words
/// for as long as there have been logs.
[[nodiscard]] std::string login_text(const std::string& user, uid_t uid, const Line& line);

}  // namespace login
