#include "login/authenticate.hpp"

#include "common/language.hpp"
#include "common/log.hpp"
#include "common/program.hpp"
#include "common/safe_text.hpp"
#include "login/attempts.hpp"
#include "login/audit_record.hpp"
#include "login/closed_line.hpp"
#include "login/keyboard_layout.hpp"
#include "login/login_event.hpp"
#include "login/records.hpp"
#include "login/user_name.hpp"

#include <algorithm>

#include <sys/utsname.h>

namespace login {

using common::filled;
using common::translated;

namespace {

/// For the last words, on a slow line.
constexpr auto time_on_the_way = std::chrono::milliseconds{500};

/// What was typed could not be kept: a name all the same, though nobody's.
std::string stand_in_for(Answer outcome) {
    constexpr char in_no_name = '=';
    std::string name(outcome == Answer::too_long ? longest_user_name + 1 : 1, in_no_name);
    return name;
}

/// The attempts of one login, from the first question to the last answer.
class Attempts {
  public:
    Attempts(Gate& gate, Conversation& talk, const Line& line, const Settings& settings)
        : gate_(gate),
          talk_(talk),
          line_(line),
          settings_(settings),
          rules_{.tries = settings.login_retries,
                 .fail_delay = settings.fail_delay,
                 .grid = settings.answer_grid} {}

    /// Until somebody is in; `name` is the first to try, if it was given.
    void go_on(std::optional<std::string> name, const std::string& prompt) {
        for (;;) {
            if (!name) {
                name = ask_name(prompt);
            }
            const Clock::time_point begun = Clock::now();
            const Verdict verdict = try_name(*name);
            if (verdict.outcome == Outcome::admitted) {
                return;
            }
            // Who left without an answer has tried nothing; who answered and left
            // has failed, and waits like everybody.
            if (talk_.answered_at() < begun) {
                leave_if_over();
            }
            answer_failure(*name, verdict, std::max(talk_.answered_at(), begun));
            // Whatever was wrong: that the name is asked for again would say that
            // it is nobody's.
            if (!settings_.keep_user_name || !is_possible_user_name(*name)) {
                name.reset();
            }
        }
    }

  private:
    std::string ask_name(const std::string& prompt) {
        for (;;) {
            common::Secret answer;
            const Answer outcome = talk_.ask(prompt, common::Echo::shown, answer);
            leave_if_over();
            if (outcome != Answer::given) {
                return stand_in_for(outcome);
            }
            if (!answer.view().empty()) {
                return std::string{answer.view()};
            }
        }
    }

    Verdict try_name(const std::string& name) {
        if (is_possible_user_name(name)) {
            return gate_.admits(name);
        }
        // No module and no directory ever sees such a thing. That it is no name
        // says nothing about the accounts there are.
        talk_.say(std::string{name.size() > longest_user_name
                                  ? translated("That is too long for a user name.")
                                  : translated("That cannot be a user name.")} +
                  "\n");
        return {.reason = "not a possible name"};
    }

    void answer_failure(const std::string& name, const Verdict& verdict, Clock::time_point typed) {
        ++failures_;
        const auto end =
            answer_time(typed, verdict.found.value_or(Clock::now()), verdict.delay, rules_);
        // Before the pause: what ends us in it takes neither the trace away nor the
        // delay.
        note_failure(name, verdict);
        common::tolerate("close the line for a while",
                         [&] { close_line(settings_.closed_lines, line_.name, end); });
        talk_.pause_until(end);
        leave_if_over();
        // What was typed while the answer was being checked may be a second try
        // at the password.
        talk_.drop_input();
        talk_.say("\n" + std::string{translated("Login incorrect")} + "\n");
        if (verdict.outcome == Outcome::refused_for_good || !may_try_again(failures_, rules_)) {
            // The next getty hangs up the line, and what is still on its way
            // would be lost.
            talk_.pause_until(Clock::now() + time_on_the_way);
            throw common::Leave{1};
        }
        hint_at_layout();
    }

    /// Twice wrong, and what is typed is not shown: the keys may not be where the
    /// person thinks.
    void hint_at_layout() const {
        constexpr unsigned enough = 2;
        if (failures_ != enough || !line_.virtual_terminal) {
            return;
        }
        if (const std::string layout = keyboard_layout_here(); !layout.empty()) {
            talk_.say(filled(translated("Hint: the keyboard layout is %s"), layout) + "\n");
        }
    }

    void note_failure(const std::string& name, const Verdict& verdict) const {
        const std::string known = recordable_name(name, settings_);
        log_event(common::Severity::notice,
                  "FAILED LOGIN " + std::to_string(failures_) + " FROM " + line_.origin() +
                      " FOR " + name_in_log(known) + ", " + verdict.reason +
                      (may_try_again(failures_, rules_) ? "" : ", no more tries"),
                  {.result = LoginEvent::Result::failure,
                   .user = known,
                   .pam_status = verdict.pam_status},
                  line_);
        record_failure(known, line_, settings_);
        audit_login({.user = known}, line_);
    }

    /// The person has gone, or took too long, or somebody wants us to end.
    void leave_if_over() {
        const auto ending = talk_.ending();
        if (!ending) {
            return;
        }
        switch (*ending) {
            case Answer::timed_out:
                talk_.say("\n" +
                          translated("Nobody logged in within %d second.",
                                     "Nobody logged in within %d seconds.",
                                     static_cast<unsigned long>(settings_.login_timeout.count())) +
                          "\n");
                common::log(common::Severity::notice, "TIMEOUT FROM " + line_.origin());
                break;
            case Answer::hung_up:
                common::log(common::Severity::info, "HANG-UP FROM " + line_.origin());
                break;
            case Answer::end_of_file:
            case Answer::terminated:
            case Answer::given:
            case Answer::too_long:
            case Answer::spoilt: break;
        }
        throw common::Leave{1};
    }

    Gate& gate_;
    Conversation& talk_;
    const Line& line_;
    const Settings& settings_;
    AttemptRules rules_;
    unsigned failures_ = 0;
};

/// A login before us may have left in the middle of the delay that a failure cost.
void wait_until_open(Conversation& talk, const Line& line, const Settings& settings) {
    const auto longest = std::max(settings.fail_delay, std::chrono::seconds{60});
    const auto now = Clock::now();
    const auto open = closed_until(settings.closed_lines, line.name, now, longest);
    if (open > now) {
        talk.pause_until(open);
    }
}

/// -f: whoever started us answers for the person. From another host that takes
/// the administrator's consent, or a network daemon that splits its template
/// could turn a name into this option.
bool is_trusted(const Line& line, const Options& options, const Settings& settings) {
    if (!options.already_authenticated) {
        return false;
    }
    if (line.remote_host && !settings.remote_noauth) {
        common::log(common::Severity::notice,
                    "-f for a login from " + line.origin() +
                        " is not heeded: LOGIN_REMOTE_NOAUTH is not set");
        return false;
    }
    return is_possible_user_name(*options.user);
}

}  // namespace

std::string name_prompt(const Options& options, const Settings& settings) {
    utsname machine{};
    const bool plain = options.plain_prompt || settings.plain_prompt || ::uname(&machine) != 0;
    if (plain) {
        return "login: ";
    }
    const std::string host{&machine.nodename[0]};
    return host.substr(0, host.find('.')) + " login: ";
}

void authenticate(Gate& gate,
                  Conversation& talk,
                  const Line& line,
                  const Options& options,
                  const Settings& settings) {
    if (is_trusted(line, options, settings)) {
        talk.allow(settings.login_timeout);
        gate.trust(*options.user);
        return;
    }
    wait_until_open(talk, line, settings);
    talk.allow(settings.login_timeout);
    Attempts{gate, talk, line, settings}.go_on(options.user, name_prompt(options, settings));
}

common::User require_account(Gate& gate,
                             Conversation& talk,
                             const Line& line,
                             const Settings& settings) {
    if (const auto refusal = gate.require_valid_account()) {
        throw common::Leave{turn_away(talk, line, gate.user_name(), *refusal, settings)};
    }
    auto user = gate.account();
    if (!user) {
        user = common::find_user(gate.user_name());
    }
    if (!user || !is_possible_user_name(user->name)) {
        const Refusal refusal{.words = translated("Login incorrect"),
                              .reason = "there is no such account"};
        throw common::Leave{turn_away(talk, line, gate.user_name(), refusal, settings)};
    }
    return *std::move(user);
}

int turn_away(Conversation& talk,
              const Line& line,
              const std::string& name,
              const Refusal& refusal,
              const Settings& settings) {
    const std::string reference = new_reference();
    const std::string known = recordable_name(name, settings);
    log_event(
        common::Severity::notice,
        "LOGIN REFUSED FROM " + line.origin() + " FOR " + name_in_log(known) + ", " +
            refusal.reason + " (ref " + reference + ")",
        {.result = LoginEvent::Result::refused, .user = known, .pam_status = refusal.pam_status},
        line);
    audit_login({.user = known}, line);
    talk.say(refusal_text(refusal, reference));
    // Time to read it before the next prompt clears it away.
    talk.pause_until(Clock::now() +
                     std::max<std::chrono::milliseconds>(settings.fail_delay, time_on_the_way));
    return 1;
}

}  // namespace login
