#include "login/settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

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

Complaint take_names(std::string_view value, Settings& settings) {
    constexpr std::string_view separators = " \t,";
    settings.environment_to_keep.clear();
    while (!value.empty()) {
        const std::string_view name = value.substr(0, value.find_first_of(separators));
        if (!name.empty()) {
            settings.environment_to_keep.emplace_back(name);
        }
        value.remove_prefix(std::min(value.size(), name.size() + 1));
    }
    return {};
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
    {"LOGIN_GATE", take_gate},
    {"LOGIN_REMOTE_NOAUTH", [](auto value, auto& s) { return take_truth(value, s.remote_noauth); }},
    {"LOGIN_PASSWORD_FEEDBACK", take_feedback},
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
    {"LOGIN_ENV_SAFELIST", take_names},
    {"UMASK", take_umask},
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
    {"NOLOGINS_FILE",
     [](auto value, auto& s) { return take_absolute_path(value, s.nologin_file); }},
    {"FTMP_FILE", [](auto value, auto& s) { return take_absolute_path(value, s.btmp_file); }},
    {"LASTLOG_ENAB", [](auto value, auto& s) { return take_truth(value, s.lastlog); }},
    {"LASTLOG_UID_MAX", take_uid},
    {"LOG_OK_LOGINS", [](auto value, auto& s) { return take_truth(value, s.log_logins); }},
    {"LOG_UNKFAIL_ENAB",
     [](auto value, auto& s) { return take_truth(value, s.log_unknown_names); }},
});

std::string_view without_quotes(std::string_view value) {
    const bool quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
                        value.back() == value.front();
    return quoted ? value.substr(1, value.size() - 2) : value;
}

/// NAME, then blanks or one `=` or both, then the value.
Complaint apply_line(std::string_view line, Settings& settings) {
    const auto name_end = std::min(line.size(), line.find_first_of(" \t="));
    const std::string_view name = line.substr(0, name_end);
    std::string_view value = trimmed(line.substr(name_end));
    if (value.starts_with('=')) {
        value = trimmed(value.substr(1));
    }
    const auto* const key =
        std::find_if(keys.begin(), keys.end(), [name](const Key& k) { return k.name == name; });
    if (key == keys.end()) {
        return {};
    }
    const Complaint complaint = key->apply(without_quotes(value), settings);
    return complaint.empty() ? complaint : std::string{name} + " " + complaint;
}

}  // namespace

std::vector<SettingsProblem> apply_settings(std::string_view text, Settings& settings) {
    std::vector<SettingsProblem> problems;
    for (unsigned number = 1; !text.empty(); ++number) {
        const std::string_view whole = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), whole.size() + 1));
        const std::string_view line = trimmed(whole);
        if (line.empty() || line.starts_with('#')) {
            continue;
        }
        Complaint complaint = apply_line(line, settings);
        if (!complaint.empty()) {
            problems.push_back({.line = number, .what = std::move(complaint)});
        }
    }
    return problems;
}

}  // namespace login
