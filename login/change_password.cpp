#include "login/change_password.hpp"

#include "common/environment.hpp"
#include "common/log.hpp"
#include "common/signals.hpp"
#include "login/child.hpp"
#include "login/process_identity.hpp"
#include "login/terminal_modes.hpp"

#include <array>
#include <cstdlib>

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

namespace login {

namespace {

constexpr const char* password_program = "/usr/bin/passwd";
constexpr int could_not_start = 127;

/// The child: from here on another program.
void become_passwd(const common::User& user,
                   const std::vector<gid_t>& groups,
                   char* const* environment) noexcept {
    // Without the name it would take the first account of this number.
    const std::array<const char*, 3> words{password_program, user.name.c_str(), nullptr};
    common::default_signals();
    if (::setgroups(groups.size(), groups.data()) == 0 &&
        become_for_good(user.uid, user.gid) == 0) {
        ::close_range(STDERR_FILENO + 1, ~0U, 0);
        // execve(2) takes char* for history's sake and changes nothing.
        ::execve(password_program,
                 const_cast<char* const*>(words.data()),  // NOLINT(*-const-cast)
                 environment);
    }
    ::_exit(could_not_start);
}

std::optional<int> run_passwd(TerminalConversation& talk,
                              const Settings& settings,
                              const common::User& user) {
    common::Environment environment;
    environment.set("PATH", "/usr/bin:/bin");
    const char* const type = std::getenv("TERM");
    environment.set("TERM", type != nullptr ? type : "dumb");
    const auto pointers = environment.pointers();
    const std::vector<gid_t> groups{user.gid};
    Child child{[&] { become_passwd(user, groups, pointers.data()); }};
    const bool unlimited = settings.login_timeout.count() == 0;
    const auto end = std::chrono::steady_clock::now() +
                     (unlimited ? std::chrono::hours{1} : settings.login_timeout);
    // In short waits: whoever tells login to end tells passwd too.
    constexpr std::chrono::milliseconds moment{200};
    while (std::chrono::steady_clock::now() < end && !talk.ending()) {
        if (const auto status = child.wait_for(moment)) {
            return status;
        }
        talk.notice_signals();
    }
    return std::nullopt;
}

}  // namespace

bool change_password(TerminalConversation& talk,
                     const Settings& settings,
                     const common::User& user) {
    if (::access(password_program, X_OK) != 0) {
        common::log(common::Severity::error,
                    std::string{password_program} + " is not there to change a password with");
        return false;
    }
    talk.lend(shell_modes(talk.modes_found(), settings.erase_key, settings.kill_key));
    const auto status = run_passwd(talk, settings, user);
    talk.take_back();
    return status && WIFEXITED(*status) && WEXITSTATUS(*status) == 0;
}

}  // namespace login
