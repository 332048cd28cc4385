#include "common/language.hpp"
#include "common/program.hpp"
#include "common/safe_text.hpp"
#include "login/admission_facts.hpp"
#include "login/authenticate.hpp"
#include "login/check_facts.hpp"
#include "login/clean_start.hpp"
#include "login/first_process.hpp"
#include "login/make_gate.hpp"
#include "login/settings_files.hpp"
#include "login/terminal_modes.hpp"
#include "login/this_machine.hpp"

#include <csignal>
#include <exception>

#include <sys/auxv.h>

namespace login {

namespace {

common::EditKeys keys_of(const Settings& settings) {
    return {.erase = static_cast<char>(settings.erase_key),
            .kill = static_cast<char>(settings.kill_key)};
}

/// What getty was told; "" where it was told nothing.
std::string_view language_told(const common::Environment& inherited) {
    const char* const told = inherited.find("LANGUAGE");
    return told != nullptr && common::is_language(told) ? told : "";
}

/// Of a line that was taken from a login that hangs: a caller finds it as it was.
termios modes_after(const TerminalConversation& talk, const Line& line, const Settings& settings) {
    return line.session_owner == SessionOwner::caller
               ? talk.modes_found()
               : shell_modes(talk.modes_found(), settings.erase_key, settings.kill_key);
}

/// A PAM session has to be closed, and a borrowed line given back, by somebody who
/// has stayed.
void require_possible(const Options& options, const Gate& gate, const Line& line) {
    if (options.become_shell && line.session_owner == SessionOwner::caller) {
        throw common::UsageError{"--exec-shell would keep a shell's terminal: use: exec login"};
    }
    if (options.become_shell && gate.has_rules_of_its_own()) {
        throw common::UsageError{
            "--exec-shell is for the shadow gate: nobody would close PAM's "
            "session"};
    }
}

/// A person who is who they say, and may come in, learns why there is no session.
int begin_session(const LoginContext& context, Gate& gate, const common::User& user) {
    ThisMachine machine{context};
    try {
        if (context.options.become_shell) {
            become_session(machine, gate, user);
        }
        const int status = hold_session(machine, gate, user);
        context.signals.keep();
        return status;
    } catch (const std::exception& problem) {
        return turn_away(context.talk,
                         context.line,
                         user.name,
                         refusal_by_failure(problem.what()),
                         context.settings);
    }
}

int story(int argc, char** argv) {
    const common::Environment inherited = start_clean();
    const Options options = parse_options(argc, argv);
    if (options.check != CheckForm::none) {
        return run_check(options);
    }
    hide_name(options, argc, argv);
    // As the kernel has started us: nothing has changed since.
    require_privilege(
        options, static_cast<uid_t>(::getauxval(AT_UID)), static_cast<uid_t>(::getauxval(AT_EUID)));

    if (!options.become_shell) {
        leave_first_process();
    }
    const TakenTerminal taken = take_terminal();
    const common::Terminal& terminal = taken.terminal;
    common::SignalQueue signals{SIGHUP, SIGTERM};
    TerminalConversation talk{terminal, signals};
    common::speak_on(terminal, language_told(inherited));
    const Settings settings = read_settings();
    talk.use_keys(keys_of(settings));
    talk.use_feedback(settings.password_feedback);
    const Line line = look_at_line(taken, options);
    Watchdog watchdog{{.terminal = terminal,
                       .line = line,
                       .modes_after = modes_after(talk, line, settings),
                       .patience = module_timeout(settings)}};
    talk.use_watchdog(watchdog);
    const auto gate = make_gate(talk, watchdog, line, settings, options);
    require_possible(options, *gate, line);
    if (gate->has_rules_of_its_own()) {
        // By modules of PAM's, which are watched all along.
        talk.expect_other_modes();
    } else {
        watch_lookups(watchdog);
    }

    authenticate(*gate, talk, line, options, settings);
    const common::User user = require_account(*gate, talk, line, settings);
    const Admission admission = admit(user, *gate, line, options, settings);
    if (admission.refusal) {
        return turn_away(talk, line, user.name, *admission.refusal, settings);
    }

    return begin_session({.terminal = terminal,
                          .signals = signals,
                          .talk = talk,
                          .watchdog = watchdog,
                          .line = line,
                          .options = options,
                          .settings = settings,
                          .gate = *gate,
                          .admission = admission,
                          .inherited = inherited},
                         *gate,
                         user);
}

}  // namespace

}  // namespace login

int main(int argc, char** argv) {
    using namespace std::chrono_literals;
    return common::run_program(
        {.name = "login", .candour = common::Candour::discreet, .pause_after_failure = 5s},
        login::story,
        argc,
        argv);
}
