/// The module of pam_journal.hpp: one line per call in /run/pam_journal/PID. It
/// says yes to everything except to the steps its arguments name.

#include "common/unique_fd.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include <security/pam_modules.h>

namespace {

int note(std::string_view step, int argument_count, const char** arguments, int refusal) {
    const std::string path = "/run/pam_journal/" + std::to_string(::getpid());
    const common::UniqueFd file{
        ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600)};
    const std::string line = std::string{step} + "\n";
    if (::write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
        return PAM_SYSTEM_ERR;
    }
    const std::span refused{arguments, static_cast<std::size_t>(argument_count)};
    return std::find(refused.begin(), refused.end(), step) == refused.end() ? PAM_SUCCESS : refusal;
}

/// The constants are unsigned, the argument of every function is not.
bool has(int flags, unsigned flag) {
    return (static_cast<unsigned>(flags) & flag) != 0;
}

std::string_view step_of_credentials(int flags) {
    if (has(flags, PAM_ESTABLISH_CRED)) {
        return "establish";
    }
    if (has(flags, PAM_DELETE_CRED)) {
        return "delete";
    }
    if (has(flags, PAM_REINITIALIZE_CRED)) {
        return "reinitialize";
    }
    return has(flags, PAM_REFRESH_CRED) ? "refresh" : "credentials without a flag";
}

}  // namespace

int pam_sm_authenticate(pam_handle_t* /*pamh*/, int /*flags*/, int argc, const char** argv) {
    return note("authenticate", argc, argv, PAM_AUTH_ERR);
}

int pam_sm_setcred(pam_handle_t* /*pamh*/, int flags, int argc, const char** argv) {
    return note(step_of_credentials(flags), argc, argv, PAM_CRED_ERR);
}

int pam_sm_acct_mgmt(pam_handle_t* /*pamh*/, int /*flags*/, int argc, const char** argv) {
    return note("account", argc, argv, PAM_PERM_DENIED);
}

int pam_sm_open_session(pam_handle_t* /*pamh*/, int /*flags*/, int argc, const char** argv) {
    return note("open", argc, argv, PAM_SESSION_ERR);
}

int pam_sm_close_session(pam_handle_t* /*pamh*/, int /*flags*/, int argc, const char** argv) {
    return note("close", argc, argv, PAM_SESSION_ERR);
}

int pam_sm_chauthtok(pam_handle_t* /*pamh*/, int flags, int argc, const char** argv) {
    if (has(flags, PAM_PRELIM_CHECK)) {
        return PAM_SUCCESS;
    }
    return note("password", argc, argv, PAM_AUTHTOK_ERR);
}
