#include "login/make_gate.hpp"

#include "login/account_sources.hpp"
#include "login/authenticate.hpp"
#include "login/change_password.hpp"
#include "login/faillog.hpp"
#include "login/shadow_gate.hpp"
#if TTYGATE_WITH_PAM
#include "login/pam_gate.hpp"
#endif

#include "common/log.hpp"

#include <algorithm>
#include <stdexcept>

namespace login {

namespace {

constexpr GateKind built_in = TTYGATE_DEFAULT_GATE_PAM ? GateKind::pam : GateKind::shadow;

#if TTYGATE_WITH_PAM

/// A login from another host may have rules of its own.
std::string choose_service(const Line& line) {
    constexpr const char* usual = "login";
    constexpr const char* for_remote = "remote";
    if (line.remote_host) {
        if (pam_service_exists(for_remote)) {
            return for_remote;
        }
        common::log(common::Severity::notice,
                    "there is no PAM service remote; login is used for this host");
    }
    if (!pam_service_exists(usual)) {
        throw std::runtime_error{"there is no PAM service login"};
    }
    return usual;
}

std::unique_ptr<Gate> make_pam_gate(TerminalConversation& talk,
                                    Watchdog& watchdog,
                                    const Line& line,
                                    const Settings& settings,
                                    const Options& options) {
    // For us and for the modules, which look everybody up a few times.
    settle_account_sources();
    return std::make_unique<PamGate>(
        talk,
        PamItems{.service = choose_service(line),
                 .line = line.path,
                 .host = line.remote_host,
                 .name_prompt = name_prompt(options, settings),
                 .environment = seat_of(line),  // read by pam_systemd
                 .allow_empty_passwords = settings.empty_passwords == EmptyPasswords::left_to_pam,
                 .patience = settings.login_timeout,
                 .watchdog = &watchdog});
}

#else

std::unique_ptr<Gate> make_pam_gate(TerminalConversation& /*talk*/,
                                    Watchdog& /*watchdog*/,
                                    const Line& /*line*/,
                                    const Settings& /*settings*/,
                                    const Options& /*options*/) {
    throw std::runtime_error{"LOGIN_GATE is pam, but this login was built without PAM"};
}

#endif

std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// A count that cannot be read or written locks nobody out: it is there to slow
/// somebody down who guesses, and FAIL_DELAY does so too.
FailureCounter make_failure_counter(const Line& line, const Settings& settings) {
    if (!settings.faillog) {
        return {};
    }
    constexpr const char* attempt = "count failed logins";
    return {.locks_out =
                [](const common::User& user) {
                    bool result = false;
                    common::tolerate(attempt, [&] {
                        const auto count = read_failure_count(user.uid);
                        result = count && is_locked_out(*count, now());
                    });
                    return result;
                },
            .note_failure =
                [&line](const common::User& user) {
                    common::tolerate(attempt, [&] {
                        change_failure_count(user.uid, [&line](FailureCount count) {
                            return after_failure(std::move(count), line.name, now());
                        });
                    });
                },
            .note_success =
                [](const common::User& user) {
                    std::optional<FailureCount> before;
                    common::tolerate(
                        attempt, [&] { before = change_failure_count(user.uid, after_success); });
                    return before;
                }};
}

/// Not beyond what all of the authentication may take.
std::chrono::seconds hashing_patience(const Settings& settings) {
    const bool unlimited = settings.login_timeout == std::chrono::seconds{0};
    return unlimited ? longest_hashing : std::min(longest_hashing, settings.login_timeout);
}

std::unique_ptr<Gate> make_shadow_gate(TerminalConversation& talk,
                                       Watchdog& watchdog,
                                       const Line& line,
                                       const Settings& settings) {
    require_shadow_file();
    return std::make_unique<ShadowGate>(talk,
                                        settings.empty_passwords,
                                        system_accounts(
                                            [&](const common::User& user) {
                                                // Somebody types, and not for us.
                                                watchdog.rests();
                                                const auto change =
                                                    change_password(talk, settings, user);
                                                watch_lookups(watchdog);
                                                return change;
                                            },
                                            make_failure_counter(line, settings),
                                            hashing_patience(settings)));
}

}  // namespace

void watch_lookups(Watchdog& watchdog) {
    if (settle_account_sources() == AccountSources::elsewhere) {
        watchdog.begins(Work::looking_up);
    }
}

GateKind gate_kind(const Settings& settings) {
    return settings.gate.value_or(built_in);
}

bool can_use_pam() {
    return TTYGATE_WITH_PAM != 0;
}

std::unique_ptr<Gate> make_gate(TerminalConversation& talk,
                                Watchdog& watchdog,
                                const Line& line,
                                const Settings& settings,
                                const Options& options) {
    return gate_kind(settings) == GateKind::pam
               ? make_pam_gate(talk, watchdog, line, settings, options)
               : make_shadow_gate(talk, watchdog, line, settings);
}

}  // namespace login
