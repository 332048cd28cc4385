#include "login/this_machine.hpp"

#include "common/log.hpp"
#include "common/safe_text.hpp"
#include "login/audit_record.hpp"
#include "login/clean_start.hpp"
#include "login/process_identity.hpp"
#include "login/records.hpp"
#include "login/session_limits.hpp"
#include "login/shell_environment.hpp"
#include "login/terminal_modes.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <sys/stat.h>
#include <sys/wait.h>

namespace login {

namespace {

/// `ttys` is the group "tty".
gid_t terminal_group(const Settings& settings, std::string_view group_file, gid_t ttys) {
    if (settings.tty_group == "tty") {
        return ttys;
    }
    gid_t number = 0;
    const std::string& name = settings.tty_group;
    const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (problem == std::errc{} && end == name.data() + name.size()) {
        return number;
    }
    const auto group = group_in(group_file, name);
    if (!group) {
        common::log(common::Severity::warning,
                    "TTYGROUP: there is no group " + common::quoted(name));
    }
    return group.value_or(ttys);
}

mode_t terminal_mode(const Settings& settings) {
    // Only where the group is one that nobody is in may it write.
    constexpr mode_t with_messages = 0620;
    constexpr mode_t without = 0600;
    return settings.tty_mode.value_or(settings.tty_group == "tty" ? with_messages : without);
}

/// Where the user sits, whether or not the gate has a use for it, and what the
/// gate's session adds.
common::Environment session_environment(const Line& line, Gate& gate) {
    common::Environment environment = seat_of(line);
    const common::Environment from_gate = gate.environment();
    for (const std::string& entry : from_gate.entries()) {
        const std::size_t equals = entry.find('=');
        environment.set(std::string_view{entry}.substr(0, equals),
                        std::string_view{entry}.substr(equals + 1));
    }
    return environment;
}

std::string words_for(const ShellEnd& end) {
    if (end.not_started) {
        return "no shell: " + *end.not_started;
    }
    if (WIFSIGNALED(end.status)) {
        const char* const name = ::sigabbrev_np(WTERMSIG(end.status));
        return "the shell was ended by SIG" + std::string{name != nullptr ? name : "?"};
    }
    return "the shell ended with status " + std::to_string(WEXITSTATUS(end.status));
}

}  // namespace

void ThisMachine::set_defaults() {
    give_default_limits();
    ::umask(context_.settings.umask);
    if (kills_strays(context_.settings, context_.line.name) && !is_guest()) {
        common::tolerate("look at the audit session", [this] { strays_.emplace(); });
    }
}

void ThisMachine::take_groups(const common::User& user) {
    group_file_ = read_group_file();
    groups_before_ = take_groups_of(user, group_file_);
}

void ThisMachine::give_groups_back() noexcept {
    common::tolerate("give the groups back", [this] { set_groups(groups_before_); });
}

Greeting ThisMachine::greeting_for(const common::User& user) {
    before_ = look_before(user, context_.gate, context_.settings);
    return before_.quiet ? Greeting::hushed : Greeting::shown;
}

void ThisMachine::lend_terminal(const common::User& user) {
    common::tolerate("give the line to the user", [&] {
        if (is_guest()) {
            terminal_before_ = context_.terminal.ownership();
        }
        group_after_ = group_in(group_file_, "tty").value_or(common::usual_terminal_group);
        context_.terminal.give_to(user.uid,
                                  terminal_group(context_.settings, group_file_, group_after_),
                                  terminal_mode(context_.settings));
        group_file_ = {};
    });
}

void ThisMachine::take_terminal_back() noexcept {
    common::tolerate("take the line back", [this] {
        if (terminal_before_) {
            context_.terminal.give_to(
                terminal_before_->owner, terminal_before_->group, terminal_before_->mode);
            return;
        }
        context_.terminal.give_to(0, group_after_, S_IRUSR | S_IWUSR);
    });
}

void ThisMachine::greet(const common::User& user) {
    // They are in: how long a slow line takes is not LOGIN_TIMEOUT's affair any more.
    context_.talk.allow(std::chrono::seconds{0});
    context_.talk.say(context_.admission.shell.notice);
    const TerminalConversation& talk = context_.talk;
    is_noted_by_gate_ = context_.gate.has_rules_of_its_own() &&
                        was_noted_meanwhile(user, context_.line.name, context_.settings, before_);
    // A module that notes logins tells of them, unless the administrator wants
    // it silent.
    const AlreadySaid said{.last_login = is_noted_by_gate_ || talk.has_said_last_login(),
                           .failures = talk.has_said_failures()};
    context_.talk.show(
        greeting(greeting_facts(user, context_.gate, context_.settings, before_, said)));
}

UserLimits ThisMachine::limits_for_session() const {
    UserLimits limits = context_.admission.limits;
    const auto& largest_file = context_.settings.largest_file;
    // A module of the gate's has the last word.
    if (largest_file && !(context_.gate.has_rules_of_its_own() && has_file_limit())) {
        limits = with_largest_file(std::move(limits), *largest_file);
    }
    return within_reach(std::move(limits));
}

/// A mount that is made when it is needed may have been too slow the first time.
bool ThisMachine::home_answers(const common::User& user) const {
    constexpr auto again = std::chrono::milliseconds{300};
    bool answers = before_.home.answers;
    if (!answers) {
        common::tolerate("look at the home directory",
                         [&] { answers = look_at_home(user, {}, again).answers; });
        common::log(common::Severity::warning,
                    "the home directory of " + common::quoted(user.name) +
                        (answers ? " is slow to answer" : " does not answer"));
    }
    return answers;
}

ShellPlan ThisMachine::plan_for(const common::User& user, Gate& gate) const {
    const Options& options = context_.options;
    const Admission& admission = context_.admission;
    auto environment =
        shell_environment(user,
                          admission.shell.named,
                          context_.inherited,
                          options.keep_environment ? KeepEnvironment::yes : KeepEnvironment::no,
                          session_environment(context_.line, gate),
                          context_.settings);
    return {
        .user = user,
        .command = admission.shell.command,
        .environment = std::move(environment),
        .modes = shell_modes(
            context_.talk.modes_found(), context_.settings.erase_key, context_.settings.kill_key),
        .home_answers = home_answers(user),
        .login = context_.line.login,
        .home_may_be_missing = context_.settings.default_home,
        .patience = module_timeout(context_.settings),
        .idle_limit = idle_timeout(context_.settings, context_.line.name),
        .callers_modes = is_guest() ? std::optional{context_.talk.modes_found()} : std::nullopt,
        .limits = limits_for_session(),
        .ends = admission.ends,
        .forget_gate = gate.has_rules_of_its_own() ? [&gate] { gate.forget_in_child(); }
                                                   : std::function<void()>{}};
}

/// A signal that came together with what was waited for, a password found right, has
/// been read by then, and nothing has come of it.
void ThisMachine::require_nobody_ends_us() const {
    const auto ending = context_.talk.ending();
    if (ending == Answer::terminated || ending == Answer::hung_up) {
        leave_before_shell();
    }
}

pid_t ThisMachine::hold_shell(const common::User& user, Gate& gate) {
    require_nobody_ends_us();
    if (gate.has_rules_of_its_own()) {
        // A module may have changed what is blocked, and we are about to hang up ourselves.
        context_.signals.block();
    }
    // From here on nobody is looked up.
    context_.watchdog.rests();
    plan_ = plan_for(user, gate);
    begin_strays(user, gate, plan_->limits);
    shell_.emplace(*plan_, context_.terminal);
    if (strays_) {
        strays_->add(shell_->process());
    }
    return shell_->session();
}

/// systemd-logind(8) ends what it keeps a session of, by its own rules.
void ThisMachine::begin_strays(const common::User& user, Gate& gate, UserLimits& limits) {
    const std::vector<std::string>& linger = context_.settings.linger_users;
    const bool may_linger = std::find(linger.begin(), linger.end(), user.name) != linger.end();
    const common::Environment environment = gate.environment();
    const char* const session = environment.find("XDG_SESSION_ID");
    logind_session_ = session != nullptr ? session : "";
    if (may_linger || session != nullptr) {
        strays_.reset();
    }
    if (!strays_) {
        return;
    }
    if (const auto limit = strays_->begin(context_.line.name, context_.settings.max_processes)) {
        set_lower(limits, *limit);
    }
}

void ThisMachine::drop_shell() noexcept {
    if (is_guest()) {
        // Who has it open is ended with the shell: nobody may open it meanwhile.
        take_terminal_back();
    }
    shell_.reset();
    if (strays_) {
        strays_->end_all();
    }
}

LoginEvent ThisMachine::event_of(const common::User& user, LoginEvent::Result result) const {
    return {.result = result, .user = user.name, .session = logind_session_};
}

void ThisMachine::record_login(const common::User& user, pid_t session) {
    const Line& line = context_.line;
    record_before_ = login::record_login(
        user,
        line,
        session,
        {.in_lastlog = is_noted_by_gate_, .maybe_in_wtmp = context_.gate.has_rules_of_its_own()},
        context_.settings);
    audit_login({.result = AuditedLogin::Result::success, .user = user.name, .uid = user.uid},
                line);
    if (context_.settings.log_logins || user.uid == 0) {
        log_event(common::Severity::notice,
                  login_text(user.name, user.uid, line),
                  event_of(user, LoginEvent::Result::success),
                  line);
    }
}

void ThisMachine::record_logout() noexcept {
    login::record_logout(context_.line, is_guest() ? record_before_ : std::nullopt);
}

pid_t ThisMachine::lead_session() {
    require_nobody_ends_us();
    context_.watchdog.rests();
    context_.watchdog.see_off();
    return lead_session_on(context_.terminal);
}

void ThisMachine::become_shell(const common::User& user, Gate& gate) {
    const ShellPlan plan = plan_for(user, gate);
    login::become_shell(plan);
}

int ThisMachine::release_shell_and_wait() {
    shell_->release();
    // Until now a person could be told why there is no session.
    context_.talk.hand_over();
    const ShellEnd end = shell_->wait(context_.signals, [this] { context_.watchdog.see_off(); });
    log_event(end.not_started ? common::Severity::error : common::Severity::info,
              "session of " + common::quoted(plan_->user.name) + " on " + context_.line.origin() +
                  ": " + words_for(end) + (end.not_started ? " (ref " + end.reference + ")" : ""),
              event_of(plan_->user, LoginEvent::Result::ended),
              context_.line);
    if (end.not_started) {
        // Time to read why, and no haste for an init that logs in by itself.
        context_.talk.pause_until(std::chrono::steady_clock::now() + context_.settings.fail_delay);
    }
    return end.not_started ? 1 : 0;
}

}  // namespace login
