#include "login/admission_facts.hpp"

#include "common/language.hpp"
#include "common/local_calendar.hpp"
#include "common/log.hpp"
#include "common/record_file.hpp"
#include "common/text_file.hpp"
#include "login/login_access.hpp"
#include "login/login_hours.hpp"
#include "login/process_identity.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace login {

namespace {

ShellFile look_at_shell(const std::string& path) {
    struct stat status {};
    if (!path.starts_with('/') || ::stat(path.c_str(), &status) != 0) {
        return {};
    }
    if (!S_ISREG(status.st_mode)) {
        return {.kind = S_ISDIR(status.st_mode) ? FileKind::directory : FileKind::other};
    }
    constexpr std::size_t as_much_as_tells = 4;
    return {.kind = FileKind::regular,
            .executable = (status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0,
            .beginning = common::read_text_file(path, as_much_as_tells).value_or("")};
}

/// Nothing where there is no such file; `stand_in` for one that is there and cannot
/// be read, or is longer than anybody can have meant.
std::optional<std::string> text_of_rules(const std::string& path, const char* stand_in) {
    if (::access(path.c_str(), F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
        return std::nullopt;
    }
    constexpr std::size_t limit = std::size_t{1024} * 1024;
    auto text = common::read_text_file(path, limit);
    if (!text || text->size() == limit) {
        common::log(common::Severity::error, path + ": cannot be read");
        return stand_in;
    }
    return text;
}

/// A list of who may come in then has nobody.
constexpr const char* nobody = "";
/// A table of rules then has one, which nobody can understand.
constexpr const char* unknown_rule = "?";
/// Limits are left away.
constexpr const char* no_limits = "";

void log_faults(const std::string& path, const std::vector<FaultyLine>& faults) {
    for (const FaultyLine& fault : faults) {
        common::log(common::Severity::warning,
                    path + ":" + std::to_string(fault.line) + ": " + fault.what);
    }
}

/// CONSOLE is a file, like securetty, or a list with colons.
std::optional<std::string> console_lines(const std::string& setting) {
    if (setting.empty()) {
        return std::nullopt;
    }
    if (setting.starts_with('/')) {
        return text_of_rules(setting, nobody);
    }
    std::string lines = setting;
    std::replace(lines.begin(), lines.end(), ':', '\n');
    return lines;
}

/// By the local clock.
struct LocalMinute {
    WeekMinute minute{};
    std::chrono::sys_seconds begun{};
};

LocalMinute this_minute() {
    // Not time(2), which lags behind by up to a tick: a session that the clock has
    // just ended must not begin again.
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm fields{};
    static_cast<void>(common::local_calendar(now, fields));
    constexpr int minutes_in_hour = 60;
    return {.minute = {.weekday = static_cast<unsigned>(fields.tm_wday),
                       .minute =
                           static_cast<unsigned>(fields.tm_hour * minutes_in_hour + fields.tm_min)},
            .begun = std::chrono::sys_seconds{std::chrono::seconds{now - fields.tm_sec}}};
}

std::optional<Refusal> refusal_by_hours(const common::User& user,
                                        const Line& line,
                                        std::optional<std::chrono::sys_seconds>& ends) {
    constexpr const char* path = "/etc/porttime";
    const auto text = text_of_rules(path, unknown_rule);
    if (!text) {
        return std::nullopt;
    }
    const LocalMinute now = this_minute();
    const HoursReading reading = read_login_hours(*text, user.name, line.name, now.minute);
    if (reading.left) {
        ends = now.begun + *reading.left;
    }
    log_faults(path, reading.faults);
    return refusal_by_rules(RuleTable::porttime, reading.verdict, user);
}

std::optional<Refusal> refusal_by_access(const common::User& user, const Line& line) {
    constexpr const char* path = "/etc/login.access";
    const auto text = text_of_rules(path, unknown_rule);
    if (!text) {
        return std::nullopt;
    }
    const AccessReading reading = read_login_access(
        *text,
        {.user = user.name,
         .is_listed_in = [&user](std::string_view group) { return is_listed_in(group, user); },
         .origin = line.remote_host ? std::string_view{*line.remote_host} : line.name});
    log_faults(path, reading.faults);
    return refusal_by_rules(RuleTable::login_access, reading.verdict, user);
}

std::optional<Refusal> refusal_by_files(const common::User& user,
                                        const Line& line,
                                        const Gate& gate,
                                        const Settings& settings,
                                        std::optional<std::chrono::sys_seconds>& ends) {
    if (auto refusal = refusal_by_nologin(nologin_text(gate, settings), user)) {
        return refusal;
    }
    if (user.uid == 0) {
        const RootLines lists{.securetty = text_of_rules("/etc/securetty", nobody),
                              .console = console_lines(settings.root_lines),
                              .ttys = text_of_rules("/etc/ttys", nobody)};
        if (auto refusal = refusal_by_line(lists, user, line.name)) {
            return refusal;
        }
    }
    if (auto refusal = refusal_by_access(user, line)) {
        return refusal;
    }
    return settings.login_hours ? refusal_by_hours(user, line, ends) : std::nullopt;
}

/// Root has none, as limits(5) says: who repairs a machine needs all of it.
UserLimits limits_of(const common::User& user, const Settings& settings) {
    constexpr const char* path = "/etc/limits";
    if (user.uid == 0 || !settings.limits) {
        return {};
    }
    const auto text = text_of_rules(path, no_limits);
    if (!text) {
        return {};
    }
    LimitsReading reading = limits_for(
        *text, user.name, [&user](std::string_view group) { return is_member_of(group, user); });
    log_faults(path, reading.faults);
    return std::move(reading.limits);
}

/// Without one on this line: whoever was there has left it to us.
std::size_t sessions_of(const common::User& user, const Line& line) {
    std::size_t count = 0;
    common::tolerate("count the sessions of a user", [&] {
        for (const utmpx& record : common::read_records(common::RecordPaths{}.utmp)) {
            const std::string_view name = common::text_of(record.ut_user);
            const bool is_theirs = record.ut_type == USER_PROCESS &&
                                   name == user.name.substr(0, sizeof record.ut_user) &&
                                   common::text_of(record.ut_line) != line.name;
            const bool lives = ::kill(record.ut_pid, 0) == 0 || errno != ESRCH;
            count += is_theirs && lives ? 1U : 0U;
        }
    });
    return count;
}

SessionShell shell_of_entry(const common::User& user,
                            const Options& options,
                            const Settings& settings,
                            std::optional<Refusal>& refusal) {
    const ShellCommand own = shell_command(user.shell);
    if (!options.shell && settings.fake_shell.empty()) {
        return {.command = own, .named = own.path};
    }
    const auto shells = common::read_text_file("/etc/shells");
    if (options.shell) {
        refusal = refusal_by_replacement(shells, own.path);
        const ShellCommand other = shell_command(*options.shell);
        return {.command = other, .named = other.path};
    }
    if (!may_be_replaced(shells, own.path)) {
        return {.command = own, .named = own.path};
    }
    // It finds in argv[0] and SHELL whose place it takes, as under shadow's login.
    return {.command = {.path = settings.fake_shell, .argv0 = own.path}, .named = own.path};
}

/// LOGIN_SHELL_FALLBACK: for whoever has to repair the machine.
SessionShell shell_of_last_resort(const Refusal& refusal) {
    const ShellCommand command = shell_command("");
    common::log(common::Severity::warning,
                refusal.reason + ": root gets " + command.path + " instead");
    return {.command = command,
            .named = command.path,
            .notice = refusal.words + " " +
                      common::filled(common::translated("You get %s instead."), command.path) +
                      "\n"};
}

void choose_shell(const common::User& user,
                  const Options& options,
                  const Settings& settings,
                  Admission& admission) {
    admission.shell = shell_of_entry(user, options, settings, admission.refusal);
    if (admission.refusal) {
        return;
    }
    const std::string& path = admission.shell.command.path;
    const auto refusal = refusal_by_shell(path, look_at_shell(path));
    if (refusal && user.uid == 0 && settings.root_shell_fallback) {
        admission.shell = shell_of_last_resort(*refusal);
    } else {
        admission.refusal = refusal;
    }
}

}  // namespace

std::optional<std::string> nologin_text(const Gate& gate, const Settings& settings) {
    if (gate.has_rules_of_its_own() || ::access(settings.nologin_file.c_str(), F_OK) != 0) {
        return std::nullopt;
    }
    return common::read_text_file(settings.nologin_file).value_or("");
}

Admission admit(const common::User& user,
                const Gate& gate,
                const Line& line,
                const Options& options,
                const Settings& settings) {
    Admission admission;
    if (!gate.has_rules_of_its_own()) {
        admission.refusal = refusal_by_files(user, line, gate, settings, admission.ends);
        if (admission.refusal) {
            return admission;
        }
        admission.limits = limits_of(user, settings);
        if (admission.limits.sessions) {
            admission.refusal = refusal_by_number(admission.limits, sessions_of(user, line));
        }
    }
    if (!admission.refusal) {
        choose_shell(user, options, settings, admission);
    }
    return admission;
}

}  // namespace login
