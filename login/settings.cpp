#include "login/settings.hpp"

#include "common/short_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <limits>

#include <fnmatch.h>
#include <strings.h>

namespace login {

namespace {

constexpr std::string_view blanks = " \t\r\v\f";

/// What is wrong with a value; empty: nothing.
using Complaint = std::string;

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// A number that is nothing but digits of its base: no sign, no blank, no rest.
template <typename Number>
std::optional<Number> number_of(std::string_view text, int base) {
    Number value{};
    const char* const end = text.data() + text.size();
    const auto [stopped, problem] = std::from_chars(text.data(), end, value, base);
    const bool whole = problem == std::errc{} && stopped == end;
    return whole && !text.starts_with('-') ? std::optional{value} : std::nullopt;
}

Complaint take_count(std::string_view value, unsigned least, unsigned most, unsigned& target) {
    const auto number = number_of<unsigned>(value, 10);
    if (!number || *number < least || *number > most) {
        return "must be a number from " + std::to_string(least) + " to " + std::to_string(most);
    }
    target = *number;
    return {};
}

Complaint take_seconds(std::string_view value, std::chrono::seconds& target) {
    constexpr unsigned a_day = 86'400;
    unsigned seconds = 0;
    Complaint complaint = take_count(value, 0, a_day, seconds);
    if (complaint.empty()) {
        target = std::chrono::seconds{seconds};
    }
    return complaint;
}

Complaint take_truth(std::string_view value, bool& target) {
    std::string lower{value};
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (lower != "yes" && lower != "no") {
        return "must be yes or no";
    }
    target = lower == "yes";
    return {};
}

Complaint take_absolute_path(std::string_view value, std::string& target) {
    if (!value.starts_with('/')) {
        return "must be a path that begins with /";
    }
    target = value;
    return {};
}

Complaint take_search_path(std::string_view value, std::string& target) {
    constexpr std::string_view prefix = "PATH=";
    if (value.starts_with(prefix)) {
        value.remove_prefix(prefix.size());
    }
    if (value.empty()) {
        return "must be a list of directories";
    }
    target = value;
    return {};
}

/// login.defs writes characters as C does: 0177, 0x7f, 127.
Complaint take_key(std::string_view value, int& target) {
    constexpr unsigned largest = 0xFF;
    const bool hexadecimal = value.starts_with("0x") || value.starts_with("0X");
    const bool octal = !hexadecimal && value.size() > 1 && value.starts_with('0');
    const auto number = number_of<unsigned>(value.substr(hexadecimal ? 2 : 0),
                                            hexadecimal ? 16
                                            : octal     ? 8
                                                        : 10);
    if (!number || *number > largest) {
        return "must be the number of a character";
    }
    target = static_cast<int>(*number);
    return {};
}

/// Never wider than what mesg(1) opens: others have no business on a terminal.
Complaint take_tty_mode(std::string_view value, Settings& settings) {
    constexpr mode_t widest = 0620;
    const auto mode = number_of<mode_t>(value, 8);
    if (!mode || (*mode & ~widest) != 0) {
        return "must be an octal mode within 0620";
    }
    settings.tty_mode = *mode;
    return {};
}

Complaint take_umask(std::string_view value, Settings& settings) {
    constexpr mode_t all = 0777;
    const auto mask = number_of<mode_t>(value, 8);
    if (!mask || *mask > all) {
        return "must be an octal mask";
    }
    settings.umask = *mask;
    return {};
}

Complaint take_gate(std::string_view value, Settings& settings) {
    if (value != "pam" && value != "shadow") {
        return "must be pam or shadow";
    }
    settings.gate = value == "pam" ? GateKind::pam : GateKind::shadow;
    return {};
}

Complaint take_feedback(std::string_view value, Settings& settings) {
    using common::Feedback;
    if (value == "none") {
        settings.password_feedback = Feedback::none;
    } else if (value == "dots") {
        settings.password_feedback = Feedback::dots;
    } else if (value == "random") {
        settings.password_feedback = Feedback::random;
    } else {
        return "must be none, dots or random";
    }
    return {};
}

Complaint take_empty_passwords(std::string_view value, Settings& settings) {
    if (value == "yes") {
        settings.empty_passwords = EmptyPasswords::refused;
    } else if (value == "superuser") {
        settings.empty_passwords = EmptyPasswords::refused_for_root;
    } else if (value == "no") {
        settings.empty_passwords = EmptyPasswords::left_to_pam;
    } else {
        return "must be superuser, yes or no";
    }
    return {};
}

/// Words with blanks or commas between them.
std::vector<std::string> words_of(std::string_view value) {
    constexpr std::string_view separators = " \t,";
    std::vector<std::string> words;
    while (!value.empty()) {
        const std::string_view word = value.substr(0, value.find_first_of(separators));
        if (!word.empty()) {
            words.emplace_back(word);
        }
        value.remove_prefix(std::min(value.size(), word.size() + 1));
    }
    return words;
}

/// `TZ=CET` with `name` TZ: the variable's name has to be there, as login.defs
/// writes it.
Complaint take_assignment(std::string_view value, std::string_view name, std::string& target) {
    const std::string beginning = std::string{name} + "=";
    if (!value.starts_with(beginning) || value.size() == beginning.size()) {
        return "must begin with " + beginning;
    }
    target = value.substr(beginning.size());
    return {};
}

Complaint take_time_zone(std::string_view value, Settings& settings) {
    std::string zone;
    const bool is_file = value.starts_with('/');
    if (!is_file && !take_assignment(value, "TZ", zone).empty()) {
        return "must begin with TZ=, or be a path that begins with /";
    }
    if (!is_time_zone(zone)) {
        return "must be TZ= and a time zone: a rule, a name or a path, as tzset(3) says";
    }
    settings.time_zone_file = is_file ? value : "";
    settings.time_zone = zone;
    return {};
}

Complaint take_ticks(std::string_view value, Settings& settings) {
    std::string ticks;
    Complaint complaint = take_assignment(value, "HZ", ticks);
    if (complaint.empty() && !number_of<unsigned>(ticks, 10)) {
        complaint = "must be HZ= and a number";
    }
    if (complaint.empty()) {
        settings.ticks = ticks;
    }
    return complaint;
}

/// In blocks of 512 bytes; the number of bytes must be one that the kernel can
/// hold.
Complaint take_largest_file(std::string_view value, Settings& settings) {
    constexpr std::uint64_t block = 512;
    const auto blocks = number_of<std::uint64_t>(value, 10);
    if (!blocks || *blocks > std::numeric_limits<std::int64_t>::max() / block) {
        return "must be a number of blocks of 512 bytes";
    }
    settings.largest_file = *blocks;
    return {};
}

/// A list of devices, or the file that has it.
Complaint take_root_lines(std::string_view value, Settings& settings) {
    if (value.empty()) {
        return "must be a list of lines, or a path that begins with /";
    }
    settings.root_lines = value;
    return {};
}

/// `ttyS*=600 pts/*=3600 900`: pattern and seconds, or seconds for every line.
Complaint take_idle_rules(std::string_view value, Settings& settings) {
    std::vector<IdleRule> rules;
    for (const std::string& word : words_of(value)) {
        const std::size_t equals = word.rfind('=');
        const bool for_all = equals == std::string::npos;
        IdleRule rule{.lines = for_all ? "*" : word.substr(0, equals)};
        const std::string seconds = for_all ? word : word.substr(equals + 1);
        if (!take_seconds(seconds, rule.time).empty() || rule.lines.empty()) {
            return "must be LINES=SECONDS or SECONDS, and more of them";
        }
        rules.push_back(std::move(rule));
    }
    if (rules.empty()) {
        return "must be LINES=SECONDS or SECONDS, and more of them";
    }
    settings.idle_rules = std::move(rules);
    return {};
}

/// Yes, no, or patterns of lines.
Complaint take_stray_lines(std::string_view value, Settings& settings) {
    bool everywhere = false;
    if (take_truth(value, everywhere).empty()) {
        settings.kill_strays =
            everywhere ? std::vector<std::string>{"*"} : std::vector<std::string>{};
        return {};
    }
    settings.kill_strays = words_of(value);
    return settings.kill_strays.empty() ? "must be yes, no, or names of lines" : "";
}

Complaint take_max_processes(std::string_view value, Settings& settings) {
    constexpr unsigned most = 4'194'304;  // the largest pid_max there is
    unsigned number = 0;
    Complaint complaint = take_count(value, 1, most, number);
    if (complaint.empty()) {
        settings.max_processes = number;
    }
    return complaint;
}

Complaint take_module_timeout(std::string_view value, Settings& settings) {
    std::chrono::seconds time{};
    Complaint complaint = take_seconds(value, time);
    if (complaint.empty()) {
        settings.module_timeout_set = time;
    }
    return complaint;
}

Complaint take_uid(std::string_view value, Settings& settings) {
    const auto uid = number_of<uid_t>(value, 10);
    if (!uid) {
        return "must be a number";
    }
    settings.lastlog_uid_max = *uid;
    return {};
}

struct Key {
    std::string_view name;
    Complaint (*apply)(std::string_view value, Settings& settings);
};

constexpr auto keys = std::to_array<Key>({
    {"LOGIN_TIMEOUT", [](auto value, auto& s) { return take_seconds(value, s.login_timeout); }},
    {"LOGIN_RETRIES",
     [](auto value, auto& s) { return take_count(value, 1, 1000, s.login_retries); }},
    {"FAIL_DELAY", [](auto value, auto& s) { return take_seconds(value, s.fail_delay); }},
    {"LOGIN_MODULE_TIMEOUT", take_module_timeout},
    {"LOGIN_IDLE_TIMEOUT", take_idle_rules},
    {"LOGIN_KILL_STRAYS", take_stray_lines},
    {"LOGIN_LINGER_USERS",
     [](auto value, auto& s) {
         s.linger_users = words_of(value);
         return Complaint{};
     }},
    {"LOGIN_MAX_PROCESSES", take_max_processes},
    {"LOGIN_GATE", take_gate},
    {"LOGIN_REMOTE_NOAUTH", [](auto value, auto& s) { return take_truth(value, s.remote_noauth); }},
    {"LOGIN_PASSWORD_FEEDBACK", take_feedback},
    {"LOGIN_KEEP_USERNAME",
     [](auto value, auto& s) { return take_truth(value, s.keep_user_name); }},
    {"LOGIN_PLAIN_PROMPT", [](auto value, auto& s) { return take_truth(value, s.plain_prompt); }},
    {"PREVENT_NO_AUTH", take_empty_passwords},
    {"TTYPERM", take_tty_mode},
    {"TTYGROUP",
     [](auto value, auto& s) {
         s.tty_group = value;
         return Complaint{};
     }},
    {"ERASECHAR", [](auto value, auto& s) { return take_key(value, s.erase_key); }},
    {"KILLCHAR", [](auto value, auto& s) { return take_key(value, s.kill_key); }},
    {"ENV_PATH", [](auto value, auto& s) { return take_search_path(value, s.path); }},
    {"ENV_SUPATH",
     [](auto value, auto& s) {
         Complaint complaint = take_search_path(value, s.root_path);
         s.has_supath = s.has_supath || complaint.empty();
         return complaint;
     }},
    {"ENV_ROOTPATH",
     [](auto value, auto& s) {
         return s.has_supath ? Complaint{} : take_search_path(value, s.root_path);
     }},
    {"MAIL_DIR", [](auto value, auto& s) { return take_absolute_path(value, s.mail_directory); }},
    {"LOGIN_ENV_SAFELIST",
     [](auto value, auto& s) {
         s.environment_to_keep = words_of(value);
         return Complaint{};
     }},
    {"ENV_TZ", take_time_zone},
    {"ENV_HZ", take_ticks},
    {"UMASK", take_umask},
    {"ULIMIT", take_largest_file},
    {"FAKE_SHELL", [](auto value, auto& s) { return take_absolute_path(value, s.fake_shell); }},
    {"LOGIN_SHELL_FALLBACK",
     [](auto value, auto& s) { return take_truth(value, s.root_shell_fallback); }},
    {"DEFAULT_HOME", [](auto value, auto& s) { return take_truth(value, s.default_home); }},
    {"HUSHLOGIN_FILE",
     [](auto value, auto& s) {
         s.hushlogin_file = value;
         return Complaint{};
     }},
    {"MOTD_FILE",
     [](auto value, auto& s) {
         s.motd_files = value;
         return Complaint{};
     }},
    {"MOTD_FIRSTONLY", [](auto value, auto& s) { return take_truth(value, s.motd_first_only); }},
    {"MAIL_CHECK_ENAB", [](auto value, auto& s) { return take_truth(value, s.mail_notice); }},
    {"CONSOLE", take_root_lines},
    {"PORTTIME_CHECKS_ENAB", [](auto value, auto& s) { return take_truth(value, s.login_hours); }},
    {"QUOTAS_ENAB", [](auto value, auto& s) { return take_truth(value, s.limits); }},
    {"NOLOGINS_FILE",
     [](auto value, auto& s) { return take_absolute_path(value, s.nologin_file); }},
    {"FTMP_FILE", [](auto value, auto& s) { return take_absolute_path(value, s.btmp_file); }},
    {"LASTLOG_ENAB", [](auto value, auto& s) { return take_truth(value, s.lastlog); }},
    {"LASTLOG_UID_MAX", take_uid},
    {"FAILLOG_ENAB", [](auto value, auto& s) { return take_truth(value, s.faillog); }},
    {"LOG_OK_LOGINS", [](auto value, auto& s) { return take_truth(value, s.log_logins); }},
    {"LOG_UNKFAIL_ENAB",
     [](auto value, auto& s) { return take_truth(value, s.log_unknown_names); }},
});

/// What other logins, of shadow and util-linux, do something by.
constexpr auto not_honoured = std::to_array<common::ShortText<24>>({
    "CLOSE_SESSIONS",
    "CONSOLE_GROUPS",
    "DIALUPS_CHECK_ENAB",
    "ENVIRON_FILE",
    "ISSUE_FILE",
    "ISSUE_FILE_ENAB",
    "LOGIN_STRING",
    "MAIL_FILE",
    "NO_PASSWORD_CONSOLE",
    "TTYTYPE_FILE",
});

/// Keys of the other programs that read login.defs(5): useradd(8), passwd(1),
/// su(1) and their kin, in the versions of shadow, util-linux and the
/// distributions' own.
constexpr auto for_others = std::to_array<common::ShortText<24>>({
    "ALWAYS_SET_PATH",
    "BCRYPT_MAX_ROUNDS",
    "BCRYPT_MIN_ROUNDS",
    "CHARACTER_CLASS",
    "CHFN_AUTH",
    "CHFN_RESTRICT",
    "CHSH_AUTH",
    "CRACKLIB_DICTPATH",
    "CREATE_HOME",
    "ENCRYPT_METHOD",
    "ENCRYPT_METHOD_NIS",
    "FORCE_SHADOW",
    "GETPASS_ASTERISKS",
    "GID_MAX",
    "GID_MIN",
    "GRANT_AUX_GROUP_SUBIDS",
    "GROUPADD_CMD",
    "GROUPDEL_CMD",
    "HMAC_CRYPTO_ALGO",
    "HOME_MODE",
    "MAX_MEMBERS_PER_GROUP",
    "MD5_CRYPT_ENAB",
    "NONEXISTENT",
    "OBSCURE_CHECKS_ENAB",
    "PASS_ALWAYS_WARN",
    "PASS_CHANGE_TRIES",
    "PASS_MAX_DAYS",
    "PASS_MAX_LEN",
    "PASS_MIN_DAYS",
    "PASS_MIN_LEN",
    "PASS_WARN_AGE",
    "SHA_CRYPT_MAX_ROUNDS",
    "SHA_CRYPT_MIN_ROUNDS",
    "SUB_GID_COUNT",
    "SUB_GID_DETERMINISTIC",
    "SUB_GID_MAX",
    "SUB_GID_MIN",
    "SUB_GID_STORE_BY_UID",
    "SUB_UID_COUNT",
    "SUB_UID_DETERMINISTIC",
    "SUB_UID_MAX",
    "SUB_UID_MIN",
    "SUB_UID_STORE_BY_UID",
    "SULOG_FILE",
    "SU_NAME",
    "SU_WHEEL_ONLY",
    "SYSLOG_SG_ENAB",
    "SYSLOG_SU_ENAB",
    "SYS_GID_MAX",
    "SYS_GID_MIN",
    "SYS_UID_MAX",
    "SYS_UID_MIN",
    "TCB_AUTH_GROUP",
    "TCB_SYMLINKS",
    "UID_MAX",
    "UID_MIN",
    "USERADD_CMD",
    "USERDEL_CMD",
    "USERDEL_POSTCMD",
    "USERDEL_PRECMD",
    "USERGROUPS_ENAB",
    "USE_TCB",
    "YESCRYPT_COST_FACTOR",
});

/// util-linux's login reads keys in either case. No locale has a say in this process.
bool is_key(std::string_view name, std::string_view key) {
    return name.size() == key.size() && ::strncasecmp(name.data(), key.data(), key.size()) == 0;
}

template <typename List>
bool has(const List& list, std::string_view name) {
    return std::any_of(
        list.begin(), list.end(), [name](const auto& key) { return is_key(name, key.view()); });
}

/// A `#` that follows a blank begins one, as util-linux has it; nothing that a
/// key means has such a `#` in it.
std::string_view without_comment(std::string_view value) {
    for (std::size_t at = value.find('#'); at != value.npos; at = value.find('#', at + 1)) {
        if (at == 0 || blanks.find(value[at - 1]) != blanks.npos) {
            return trimmed(value.substr(0, at));
        }
    }
    return value;
}

std::string_view without_quotes(std::string_view value) {
    const bool quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
                        value.back() == value.front();
    return quoted ? value.substr(1, value.size() - 2) : value;
}

std::string_view name_in(std::string_view line) {
    return line.substr(0, std::min(line.size(), line.find_first_of(" \t=")));
}

const Key* find_key(std::string_view name) {
    const auto* const key = std::find_if(
        keys.begin(), keys.end(), [name](const Key& k) { return is_key(name, k.name); });
    return key == keys.end() ? nullptr : key;
}

/// NAME, then blanks or one `=` or both, then the value.
Complaint apply_line(std::string_view line, Settings& settings) {
    const std::string_view name = name_in(line);
    std::string_view value = trimmed(line.substr(name.size()));
    if (value.starts_with('=')) {
        value = trimmed(value.substr(1));
    }
    const Key* const key = find_key(name);
    if (key == nullptr) {
        return {};
    }
    const Complaint complaint = key->apply(without_quotes(without_comment(value)), settings);
    return complaint.empty() ? complaint : std::string{name} + " " + complaint;
}

/// Calls `visit` with the number and the text of each line that says something.
template <typename Visit>
void for_each_line(std::string_view text, Visit visit) {
    for (unsigned number = 1; !text.empty(); ++number) {
        const std::string_view whole = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), whole.size() + 1));
        const std::string_view line = trimmed(whole);
        if (!line.empty() && !line.starts_with('#')) {
            visit(number, line);
        }
    }
}

std::optional<StrangeKey::Kind> strangeness(std::string_view name, SettingsFile file) {
    if (has(not_honoured, name)) {
        return StrangeKey::Kind::not_honoured;
    }
    const bool has_meaning =
        find_key(name) != nullptr || (file == SettingsFile::shared && has(for_others, name));
    return has_meaning ? std::nullopt : std::optional{StrangeKey::Kind::unknown};
}

}  // namespace

std::chrono::seconds module_timeout(const Settings& settings) {
    return settings.module_timeout_set.value_or(settings.login_timeout);
}

bool kills_strays(const Settings& settings, const std::string& line) {
    return std::any_of(settings.kill_strays.begin(),
                       settings.kill_strays.end(),
                       [&line](const std::string& pattern) {
                           return ::fnmatch(pattern.c_str(), line.c_str(), 0) == 0;
                       });
}

std::chrono::seconds idle_timeout(const Settings& settings, const std::string& line) {
    for (const IdleRule& rule : settings.idle_rules) {
        if (::fnmatch(rule.lines.c_str(), line.c_str(), 0) == 0) {
            return rule.time;
        }
    }
    return {};
}

std::vector<SettingsProblem> apply_settings(std::string_view text, Settings& settings) {
    std::vector<SettingsProblem> problems;
    for_each_line(text, [&](unsigned number, std::string_view line) {
        Complaint complaint = apply_line(line, settings);
        if (!complaint.empty()) {
            problems.push_back({.line = number, .what = std::move(complaint)});
        }
    });
    return problems;
}

bool is_time_zone(std::string_view value) {
    constexpr std::size_t longest = 256;
    constexpr std::string_view also = "._+-/:,<>";
    const auto fits = [also](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               also.find(c) != also.npos;
    };
    return value.size() <= longest && std::all_of(value.begin(), value.end(), fits) &&
           value.find("..") == value.npos;
}

std::vector<std::string_view> known_keys() {
    std::vector<std::string_view> names;
    std::transform(keys.begin(), keys.end(), std::back_inserter(names), [](const Key& key) {
        return key.name;
    });
    return names;
}

std::vector<StrangeKey> strange_keys(std::string_view text, SettingsFile file) {
    std::vector<StrangeKey> found;
    for_each_line(text, [&](unsigned number, std::string_view line) {
        const std::string_view name = name_in(line);
        if (const auto kind = strangeness(name, file)) {
            found.push_back({.line = number, .name = std::string{name}, .kind = *kind});
        }
    });
    return found;
}

}  // namespace login
