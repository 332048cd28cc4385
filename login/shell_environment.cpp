#include "login/shell_environment.hpp"

#include "common/short_text.hpp"

#include <algorithm>
#include <array>

namespace login {

namespace {

constexpr std::size_t longest_value = 256;

bool consists_of(std::string_view value, std::string_view also) {
    const auto fits = [also](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               also.find(c) != std::string_view::npos;
    };
    return value.size() <= longest_value && std::all_of(value.begin(), value.end(), fits);
}

bool is_word(std::string_view value) {
    return consists_of(value, "._+-") && !value.empty();
}

bool is_printable(std::string_view value) {
    return value.size() <= longest_value &&
           std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

/// A locale's name: glibc takes one with a slash for a path.
bool is_locale(std::string_view value) {
    return consists_of(value, "._+-@:");
}

/// A rule or a name below the zone files, never a path of its own: that is for the
/// administrator to say.
bool is_zone_of_machine(std::string_view value) {
    return is_time_zone(value) && !value.starts_with('/') && !value.starts_with(":/");
}

bool is_display(std::string_view value) {
    return consists_of(value, "._-:/@");
}

/// What may come from the caller under a name that is this, or begins with it.
struct Rule {
    std::string_view name;
    bool is_prefix;
    bool (*accepts)(std::string_view value);
};

constexpr auto always_kept = std::to_array<Rule>({
    {"COLORTERM", false, is_word},
    {"NO_COLOR", false, is_printable},
});

constexpr auto kept_with_p = std::to_array<Rule>({
    {"LANG", false, is_locale},
    {"LC_", true, is_locale},
    {"TZ", false, is_zone_of_machine},
    {"DISPLAY", false, is_display},
});

constexpr auto dangerous_names = std::to_array<common::ShortText<22>>({
    "GCONV_PATH",  "LOCPATH", "NLSPATH",  "HOSTALIASES", "RES_OPTIONS", "RESOLV_HOST_CONF",
    "TMPDIR",      "IFS",     "ENV",      "BASH_ENV",    "SHELLOPTS",   "BASHOPTS",
    "PS4",         "TERMCAP", "TERMPATH", "LIBPATH",     "SHLIB_PATH",  "CREDENTIALS_DIRECTORY",
    "LOCALDOMAIN", "CDPATH",  "HOME",     "SHELL",       "USER",        "LOGNAME",
    "PATH",        "MAIL",    "PERL5LIB", "PERL5OPT",    "PYTHONPATH",  "RUBYOPT",
});

constexpr auto dangerous_beginnings = std::to_array<common::ShortText<10>>({
    "LD_",
    "_RLD",
    "GLIBC_",
    "MALLOC_",
    "TERMINFO",
    "XDG_",
    "KRB5",
    "DBUS_",
    "BASH_FUNC_",
});

constexpr auto dangerous_endings = std::to_array<std::string_view>({"_PROXY", "_proxy"});

std::string_view name_of(std::string_view entry) {
    return entry.substr(0, entry.find('='));
}

std::string_view value_of(std::string_view entry) {
    return entry.substr(entry.find('=') + 1);
}

/// What may follow LC_.
bool is_plain(std::string_view name) {
    return std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
}

template <typename Rules>
bool is_kept(const Rules& rules, std::string_view name, std::string_view value) {
    return std::any_of(rules.begin(), rules.end(), [name, value](const Rule& rule) {
        const bool same = rule.is_prefix
                              ? name.starts_with(rule.name) && is_plain(name) && !is_dangerous(name)
                              : name == rule.name;
        return same && rule.accepts(value);
    });
}

template <typename Rules>
bool has_rule(const Rules& rules, std::string_view name) {
    return std::any_of(rules.begin(), rules.end(), [name](const Rule& rule) {
        return rule.is_prefix ? name.starts_with(rule.name) : name == rule.name;
    });
}

bool is_on_safe_list(const Settings& settings, std::string_view name, std::string_view value) {
    const auto& names = settings.environment_to_keep;
    // What has a rule keeps it, on the list or not.
    if (name == "TERM" || has_rule(kept_with_p, name) || has_rule(always_kept, name)) {
        return false;
    }
    return std::find(names.begin(), names.end(), name) != names.end() && !is_dangerous(name) &&
           is_printable(value);
}

std::string_view terminal_type(const common::Environment& inherited) {
    const char* const type = inherited.find("TERM");
    return type != nullptr && is_word(type) ? type : std::string_view{"dumb"};
}

/// What the terminal is like, which only the caller knows.
common::Environment about_the_terminal(const common::Environment& inherited) {
    common::Environment result;
    result.set("TERM", terminal_type(inherited));
    for (const std::string& entry : inherited.entries()) {
        if (is_kept(always_kept, name_of(entry), value_of(entry))) {
            result.set(name_of(entry), value_of(entry));
        }
    }
    return result;
}

/// Who the user is is not for a module to say, and not for what it reads from a
/// home.
bool may_come_from_gate(std::string_view name) {
    constexpr auto reserved =
        std::to_array<std::string_view>({"HOME", "USER", "LOGNAME", "SHELL", "IFS"});
    return std::find(reserved.begin(), reserved.end(), name) == reserved.end() &&
           !name.starts_with("LD_");
}

}  // namespace

bool is_dangerous(std::string_view name) {
    const auto is_name = [name](const auto& other) { return other == name; };
    const auto begins = [name](const auto& other) { return name.starts_with(other.view()); };
    const auto ends = [name](std::string_view other) { return name.ends_with(other); };
    return std::any_of(dangerous_names.begin(), dangerous_names.end(), is_name) ||
           std::any_of(dangerous_beginnings.begin(), dangerous_beginnings.end(), begins) ||
           std::any_of(dangerous_endings.begin(), dangerous_endings.end(), ends);
}

common::Environment own_environment(const common::Environment& inherited) {
    common::Environment result = about_the_terminal(inherited);
    result.set("PATH", Settings{}.root_path);
    return result;
}

common::Environment shell_environment(const common::User& user,
                                      std::string_view shell,
                                      const common::Environment& inherited,
                                      KeepEnvironment keep,
                                      const common::Environment& from_gate,
                                      const Settings& settings) {
    common::Environment result = about_the_terminal(inherited);
    if (keep == KeepEnvironment::yes) {
        for (const std::string& entry : inherited.entries()) {
            const std::string_view name = name_of(entry);
            const std::string_view value = value_of(entry);
            if (is_kept(kept_with_p, name, value) || is_on_safe_list(settings, name, value)) {
                result.set(name, value);
            }
        }
    }
    // The machine's zone, whatever the caller's: log files of its users agree.
    if (!settings.time_zone.empty()) {
        result.set("TZ", settings.time_zone);
    }
    if (!settings.ticks.empty()) {
        result.set("HZ", settings.ticks);
    }
    result.set("HOME", user.home);
    result.set("SHELL", shell);
    result.set("USER", user.name);
    result.set("LOGNAME", user.name);
    result.set("PATH", user.uid == 0 ? settings.root_path : settings.path);
    result.set("MAIL", settings.mail_directory + "/" + user.name);
    for (const std::string& entry : from_gate.entries()) {
        if (may_come_from_gate(name_of(entry))) {
            result.set(name_of(entry), value_of(entry));
        }
    }
    return result;
}

}  // namespace login
