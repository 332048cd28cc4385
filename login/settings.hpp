#pragma once

#include "common/line_editor.hpp"

#include <chrono>
#include <cstdint>
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

/// How long nobody may type on which lines (LOGIN_IDLE_TIMEOUT).
struct IdleRule {
    std::string lines{};          ///< a pattern of names, as the shell has them (glob(7))
    std::chrono::seconds time{};  ///< 0: as long as they like

    bool operator==(const IdleRule&) const = default;
};

/// What login.defs(5) and /etc/ttygate/login.conf say, with what holds when
/// they say nothing.
struct Settings {
    std::chrono::seconds login_timeout{60};  ///< 0: none
    /// LOGIN_MODULE_TIMEOUT; module_timeout() knows what holds without it.
    std::optional<std::chrono::seconds> module_timeout_set{};
    unsigned login_retries = 3;
    std::chrono::seconds fail_delay{5};
    std::optional<GateKind> gate{};
    bool remote_noauth = false;
    bool plain_prompt = false;
    bool keep_user_name = false;
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
    std::string time_zone{};       ///< ENV_TZ: the value of TZ, is_time_zone(); "" for none
    std::string time_zone_file{};  ///< the file that has it, where ENV_TZ names one
    std::string ticks{};           ///< ENV_HZ: the value of HZ; "" for none
    mode_t umask = 022;
    /// ULIMIT: the largest file that may be written, in blocks of 512 bytes.
    std::optional<std::uint64_t> largest_file{};
    bool default_home = true;
    std::string fake_shell{};  ///< FAKE_SHELL; "" for none
    bool root_shell_fallback = false;

    std::string hushlogin_file = ".hushlogin";
    std::optional<std::string> motd_files{};  ///< as written: a list with colons
    bool motd_first_only = false;             ///< the first of them that is there
    bool mail_notice = true;
    std::string root_lines{};  ///< CONSOLE: a file, or a list with colons; "" for every line
    bool login_hours = false;  ///< PORTTIME_CHECKS_ENAB: /etc/porttime holds
    bool limits = true;        ///< QUOTAS_ENAB: /etc/limits holds, if it is there
    std::string nologin_file = "/etc/nologin";
    std::string btmp_file = "/var/log/btmp";
    bool lastlog = true;
    std::optional<uid_t> lastlog_uid_max{};
    bool log_logins = false;
    bool log_unknown_names = false;
    bool faillog = true;

    std::vector<IdleRule> idle_rules{};
    std::vector<std::string> kill_strays{};   ///< patterns of lines; LOGIN_KILL_STRAYS
    std::vector<std::string> linger_users{};  ///< whose processes may outlive a session
    std::optional<unsigned> max_processes{};

    // No keys: what tests change.
    std::chrono::milliseconds answer_grid{250};  ///< AttemptRules::grid
    std::string closed_lines = "/run/ttygate/closed-lines";
};

/// How long a call into PAM may take that asks nothing; 0: as long as it likes.
[[nodiscard]] std::chrono::seconds module_timeout(const Settings& settings);

/// After how long without a key a session on this line is ended; 0: never. The
/// first rule that fits the line's name counts.
/// Whether what a session on this line leaves behind is ended with it.
[[nodiscard]] bool kills_strays(const Settings& settings, const std::string& line);
[[nodiscard]] std::chrono::seconds idle_timeout(const Settings& settings, const std::string& line);

/// A line of a settings file that was skipped.
struct SettingsProblem {
    unsigned line = 0;
    std::string what{};

    bool operator==(const SettingsProblem&) const = default;
};

/// Reads `NAME value` and `NAME=value` lines into the settings, over what is
/// there. A key that is not ours is no problem here: see strange_keys(). A
/// line that cannot be understood is skipped, so that what held before it
/// holds on.
[[nodiscard]] std::vector<SettingsProblem> apply_settings(std::string_view text,
                                                          Settings& settings);

/// Whether TZ may have this value, tzset(3): a rule, a name below the zone files or
/// a path.
[[nodiscard]] bool is_time_zone(std::string_view value);

/// The names of all keys that apply_settings() understands.
[[nodiscard]] std::vector<std::string_view> known_keys();

/// Which of the two files a text is from.
enum class SettingsFile {
    shared,  ///< login.defs(5), which useradd(8), passwd(1) and others read too
    own,     ///< login.conf, which is for us alone
};

/// A key in a settings file that changes nothing here.
struct StrangeKey {
    enum class Kind {
        not_honoured,  ///< other logins do something by it, and this one does not
        unknown,       ///< nobody knows it
    };
    unsigned line = 0;
    std::string name{};
    Kind kind = Kind::unknown;

    bool operator==(const StrangeKey&) const = default;
};

/// The keys of a text that somebody may have written there for us and that have
/// no effect. Those that we honour are not among them, nor in the shared file
/// those of other programs; in our own file these are unknown.
[[nodiscard]] std::vector<StrangeKey> strange_keys(std::string_view text, SettingsFile file);

}  // namespace login
