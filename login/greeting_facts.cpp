#include "login/greeting_facts.hpp"

#include "common/directory.hpp"
#include "common/log.hpp"
#include "common/safe_text.hpp"
#include "common/text_file.hpp"
#include "login/admission_facts.hpp"
#include "login/local_time.hpp"

#include <algorithm>

#include <sys/stat.h>
#include <utmpx.h>

namespace login {

namespace {

constexpr const char* usual_messages = "/usr/share/misc/motd:/run/motd:/etc/motd";

std::optional<common::LastLogin> read_last_login(const common::User& user,
                                                 const Settings& settings) {
    std::optional<common::LastLogin> result;
    if (has_last_login(user, settings)) {
        common::tolerate("look up the last login", [&] {
            result = common::read_last_login(user.uid, common::RecordPaths{}.lastlog);
        });
    }
    return result;
}

GreetingFacts::Failures failures_since(const std::optional<common::LastLogin>& last,
                                       const common::User& user,
                                       const Settings& settings) {
    // Where somebody has been trying names for days nobody counts to the end.
    constexpr std::size_t most = 4096;
    const std::string_view name = std::string_view{user.name}.substr(0, sizeof(utmpx::ut_user));
    GreetingFacts::Failures failures;
    common::tolerate("look for failed logins", [&] {
        const auto count = [&](const utmpx& record) {
            const auto when = std::chrono::floor<std::chrono::seconds>(common::time_of(record));
            if (last && when <= last->when) {
                return false;
            }
            if (common::text_of(record.ut_user) == name) {
                if (failures.count == 0) {
                    failures.last = {.when = local_time(when),
                                     .line = std::string{common::text_of(record.ut_line)},
                                     .host = std::string{common::text_of(record.ut_host)}};
                }
                ++failures.count;
            }
            return true;
        };
        failures.all_counted = common::read_backwards(settings.btmp_file, most, count);
    });
    return failures;
}

/// What the gate itself counts tells of them where no btmp is kept.
GreetingFacts::Failures failures_counted(const Gate& gate) {
    const FailureCount count = gate.failures_before().value_or(FailureCount{});
    if (count.failures <= 0) {
        return {};
    }
    return {.count = static_cast<std::size_t>(count.failures),
            .last = {.when = local_time(count.last), .line = count.line}};
}

/// The files of a folder that are messages, by name.
std::vector<std::string> messages_in(const std::string& folder) {
    std::vector<std::string> paths;
    for (const std::string& name : common::names_in(folder)) {
        if (name.ends_with(".motd")) {
            paths.push_back(std::string{folder}.append("/").append(name));
        }
    }
    return paths;
}

/// Only ever a file that is small: a device can act on being opened, and what
/// is longer than a screen or a hundred is no message.
std::optional<GreetingFacts::Message> read_message(const std::string& path,
                                                   const struct stat& status) {
    if (!S_ISREG(status.st_mode)) {
        return std::nullopt;
    }
    if (static_cast<std::size_t>(status.st_size) > common::text_file_limit) {
        common::log(common::Severity::warning,
                    common::safe_text(path) + " is too long for a message: it is not shown");
        return std::nullopt;
    }
    auto text = common::read_text_file(path);
    if (!text) {
        return std::nullopt;
    }
    const bool is_roots = status.st_uid == 0 && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
    return GreetingFacts::Message{.text = *std::move(text), .trusted = is_roots};
}

void add_message(const std::string& path,
                 const struct stat& status,
                 std::vector<GreetingFacts::Message>& messages) {
    if (auto message = read_message(path, status)) {
        messages.push_back(*std::move(message));
    }
}

/// `paths` is a list with colons, of files and folders. A folder is one of them,
/// whatever is in it.
std::vector<GreetingFacts::Message> read_messages(std::string_view paths,
                                                  const Settings& settings) {
    std::vector<GreetingFacts::Message> messages;
    while (!paths.empty() && (!settings.motd_first_only || messages.empty())) {
        const std::string path{paths.substr(0, paths.find(':'))};
        paths.remove_prefix(std::min(paths.size(), path.size() + 1));
        struct stat status {};
        if (::stat(path.c_str(), &status) != 0) {
            continue;
        }
        if (!S_ISDIR(status.st_mode)) {
            add_message(path, status, messages);
            continue;
        }
        for (const std::string& file : messages_in(path)) {
            if (::stat(file.c_str(), &status) == 0) {
                add_message(file, status, messages);
            }
        }
    }
    return messages;
}

/// An absolute HUSHLOGIN_FILE is root's, a list.
bool is_hushed_by_list(const common::User& user, const std::string& file) {
    const auto list = common::read_text_file(file);
    return list && is_hushed_by(*list, user.name, user.shell);
}

}  // namespace

bool has_last_login(const common::User& user, const Settings& settings) {
    return settings.lastlog && user.uid <= settings.lastlog_uid_max.value_or(~uid_t{0});
}

Before look_before(const common::User& user, const Gate& gate, const Settings& settings) {
    const std::string& file = settings.hushlogin_file;
    const bool is_list = file.starts_with('/');
    const bool tells_of_mail = settings.mail_notice && !gate.has_rules_of_its_own();
    Before before{
        .looked_at = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()),
        .last_login = read_last_login(user, settings)};
    // Also where nothing is to be looked for: whether a home answers, the shell
    // must not be the first to find out.
    common::tolerate("look at the home directory", [&] {
        before.home = look_at_home(
            user,
            {.hush_file = is_list ? "" : file,
             .mailbox = tells_of_mail ? settings.mail_directory + "/" + user.name : ""});
    });
    before.quiet = is_list ? is_hushed_by_list(user, file) : before.home.hushed;
    return before;
}

bool was_noted_meanwhile(const common::User& user,
                         const std::string& line,
                         const Settings& settings,
                         const Before& before) {
    const auto now = read_last_login(user, settings);
    // Another login of theirs, on another line, may be of the same second.
    return now && now->when >= before.looked_at && now->line == line.substr(0, __UT_LINESIZE);
}

GreetingFacts greeting_facts(const common::User& user,
                             const Gate& gate,
                             const Settings& settings,
                             const Before& before,
                             AlreadySaid said) {
    GreetingFacts facts{.quiet = before.quiet};
    if (user.uid == 0) {
        // Nobody else is in where there is one.
        facts.nologin = nologin_text(gate, settings);
    }
    if (before.quiet) {
        return facts;
    }
    if (before.last_login && !said.last_login) {
        facts.last_login = {.when = local_time(before.last_login->when),
                            .line = before.last_login->line,
                            .host = before.last_login->host};
    }
    if (!said.failures) {
        facts.failures = failures_since(before.last_login, user, settings);
        if (facts.failures.count == 0) {
            facts.failures = failures_counted(gate);
        }
    }
    if (settings.motd_files || !gate.has_rules_of_its_own()) {
        facts.messages_of_the_day =
            read_messages(settings.motd_files.value_or(usual_messages), settings);
    }
    facts.mailbox = before.home.mailbox;
    return facts;
}

}  // namespace login
