#include "login/greeting_facts.hpp"

#include "common/directory.hpp"
#include "common/log.hpp"
#include "common/record_file.hpp"
#include "common/signals.hpp"
#include "common/text_file.hpp"
#include "login/admission_facts.hpp"
#include "login/child.hpp"
#include "login/local_time.hpp"
#include "login/process_identity.hpp"

#include <algorithm>
#include <memory>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace login {

namespace {

using namespace std::chrono_literals;

constexpr const char* usual_messages = "/usr/share/misc/motd:/run/motd:/etc/motd";

/// The child: says by its exit status whether there is such a file. Nothing is
/// opened, so a FIFO or a link to somebody else's file is no danger.
void look_into_home(const common::User& user, const std::string& file) noexcept {
    common::default_signals();
    struct stat status {};
    const bool there = become_for_good(user.uid, user.gid) == 0 &&
                       ::chdir(user.home.c_str()) == 0 && ::lstat(file.c_str(), &status) == 0;
    ::_exit(there ? 0 : 1);
}

bool is_hushed_in_home(const common::User& user, const std::string& file) {
    Child child{[&] { look_into_home(user, file); }};
    const auto status = child.wait_for(500ms);
    return status && WIFEXITED(*status) && WEXITSTATUS(*status) == 0;
}

std::optional<GreetingFacts::LastTime> last_login(const common::User& user,
                                                  const Settings& settings) {
    if (!settings.lastlog || user.uid > settings.lastlog_uid_max.value_or(~uid_t{0})) {
        return std::nullopt;
    }
    std::optional<GreetingFacts::LastTime> result;
    common::tolerate("look up the last login", [&] {
        if (const auto last = common::read_last_login(user.uid, common::RecordPaths{}.lastlog)) {
            result = {.when = local_time(last->when), .line = last->line, .host = last->host};
        }
    });
    return result;
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

enum class Messages { all, first };

/// `paths` is a list with colons, of files and folders. A folder is one of them,
/// whatever is in it.
std::vector<std::string> read_messages(std::string_view paths, Messages which) {
    std::vector<std::string> texts;
    while (!paths.empty() && (which == Messages::all || texts.empty())) {
        const std::string path{paths.substr(0, paths.find(':'))};
        paths.remove_prefix(std::min(paths.size(), path.size() + 1));
        const auto files =
            common::is_directory(path) ? messages_in(path) : std::vector<std::string>{path};
        for (const std::string& file : files) {
            if (auto text = common::read_text_file(file)) {
                texts.push_back(std::move(*text));
            }
        }
    }
    return texts;
}

}  // namespace

bool wants_quiet(const common::User& user, const Settings& settings) {
    const std::string& file = settings.hushlogin_file;
    if (file.empty()) {
        return false;
    }
    if (file.starts_with('/')) {
        const auto list = common::read_text_file(file);
        return list && is_hushed_by(*list, user.name, user.shell);
    }
    bool hushed = false;
    common::tolerate("look for " + file, [&] { hushed = is_hushed_in_home(user, file); });
    return hushed;
}

GreetingFacts greeting_facts(const common::User& user,
                             const Gate& gate,
                             const Settings& settings,
                             bool quiet) {
    GreetingFacts facts{.nologin = nologin_text(gate, settings), .quiet = quiet};
    if (quiet) {
        return facts;
    }
    // A PAM stack says these things itself.
    if (!gate.has_rules_of_its_own()) {
        facts.last_login = last_login(user, settings);
    }
    if (settings.motd_files || !gate.has_rules_of_its_own()) {
        facts.messages_of_the_day =
            read_messages(settings.motd_files.value_or(usual_messages),
                          settings.motd_first_only ? Messages::first : Messages::all);
    }
    return facts;
}

}  // namespace login
