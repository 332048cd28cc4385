#include "login/login_event.hpp"

#include "common/safe_text.hpp"
#include "login/records.hpp"

#include <algorithm>
#include <array>

namespace login {

namespace {

struct Kind {
    std::string_view id;  ///< MESSAGE_ID, ours alone
    std::string_view word;
};

/// By LoginEvent::Result.
constexpr auto kinds = std::to_array<Kind>({
    {"db375d8f93ba420a858610a757bc820a", "success"},
    {"e7063e3652bb4997a1421f5aa8b62393", "failure"},
    {"371e9ad165864f85ba8f044f3f81556c", "refused"},
    {"0ff26589bfb84db2bc93a5bfd77e7553", "ended"},
});

bool is_plain(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
    });
}

}  // namespace

void log_event(common::Severity severity,
               std::string_view text,
               const LoginEvent& event,
               const Line& line) noexcept {
    try {
        const Kind& kind = kinds.at(static_cast<std::size_t>(event.result));
        const std::string status = event.pam_status ? std::to_string(*event.pam_status) : "";
        const std::string_view user = event.user;
        const auto fields = std::to_array<common::LogField>(
            {{.name = "MESSAGE_ID", .value = kind.id},
             {.name = "LOGIN_RESULT", .value = kind.word},
             {.name = "LOGIN_USER", .value = user == unknown_name ? std::string_view{} : user},
             {.name = "LOGIN_TTY", .value = line.name},
             {.name = "LOGIN_RHOST", .value = line.shown_host},
             {.name = "XDG_SESSION_ID", .value = event.session},
             {.name = "PAM_STATUS", .value = status}});
        common::log(severity, text, fields);
    } catch (...) {
        common::log_without_memory(severity, "no memory to log what happened to a login");
    }
}

std::string name_in_log(const std::string& name) {
    return is_plain(name) || name == unknown_name ? name : common::quoted(name);
}

std::string login_text(const std::string& user, uid_t uid, const Line& line) {
    const std::string place = line.name.empty() ? "a line without a name" : line.name;
    return (uid == 0 ? "ROOT LOGIN ON " : "LOGIN ON ") + place +
           (uid == 0 && user == "root" ? "" : " BY " + name_in_log(user)) +
           (line.shown_host.empty() ? "" : " FROM " + line.shown_host);
}

}  // namespace login
