#pragma once

#include "common/line_editor.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace login {

enum class GateKind { pam, shadow };

/// Whose empty password keeps them out (PREVENT_NO_AUTH).
enum class EmptyPasswords {
    refused,           ///< everybody's; what holds unless the file says otherwise
    refused_for_root,  ///< `superuser` and `no`: root's are refused in any case
    left_to_pam,       ///< `no`, in the PAM gate: the stack decides
};

/// What login.defs(5) and /etc/ttygate/login.conf say, with what holds when
/// they say nothing.
struct Settings {
    std::chrono::seconds login_timeout{60};  ///< 0: none
    unsigned login_retries = 3;
    std::chrono::seconds fail_delay{5};
    std::optional<GateKind> gate{};
    bool remote_noauth = false;
    bool plain_prompt = false;
    common::Feedback password_feedback = common::Feedback::none;
    EmptyPasswords empty_passwords = EmptyPasswords::refused;

    std::optional<mode_t> tty_mode{};
    std::string tty_group = "tty";
    int erase_key = 0x7F;
    int kill_key = 0x15;

    std::string path = "/usr/local/bin:/usr/bin:/bin";
    std::string root_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    bool has_supath = false;  ///< ENV_SUPATH was there: ENV_ROOTPATH counts no more
    std::string mail_directory = "/var/mail";
    std::vector<std::string> environment_to_keep{};  ///< LOGIN_ENV_SAFELIST
    mode_t umask = 022;
    bool default_home = true;

    std::string hushlogin_file = ".hushlogin";
    std::optional<std::string> motd_files{};  ///< as written: a list with colons
    std::string nologin_file = "/etc/nologin";
    std::string btmp_file = "/var/log/btmp";
    bool lastlog = true;
    std::optional<uid_t> lastlog_uid_max{};
    bool log_logins = false;
    bool log_unknown_names = false;
};

/// A line of a settings file that was skipped.
struct SettingsProblem {
    unsigned line = 0;
    std::string what{};

    bool operator==(const SettingsProblem&) const = default;
};

/// Reads `NAME value` and `NAME=value` lines into the settings, over what is
/// there. A key that is not ours is no problem: login.defs is for others too. A
/// line that cannot be understood is skipped, so that what held before it
/// holds on.
[[nodiscard]] std::vector<SettingsProblem> apply_settings(std::string_view text,
                                                          Settings& settings);

}  // namespace login
