#pragma once

#include "common/environment.hpp"
#include "common/terminal.hpp"
#include "common/user.hpp"
#include "login/child.hpp"
#include "login/limits.hpp"
#include "login/shell_command.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <termios.h>
#include <unistd.h>

namespace login {

/// Everything the shell's process needs, decided before it is forked.
struct ShellPlan {
    common::User user{};
    ShellCommand command{};
    common::Environment environment{};
    termios modes{};
    bool home_answers = true;  ///< else nobody may try to enter it
    pid_t login = ::getpid();  ///< who starts it
    bool home_may_be_missing = true;
    /// How long the child may take from the word to go on to exec: modules run in it
    /// once more, and a home may hang after all. 0: for ever.
    std::chrono::seconds patience{60};
    /// How long nobody may type; 0: as long as they like.
    std::chrono::seconds idle_limit{0};
    /// Set where the line is lent by a caller's session: the modes it is to have
    /// back.
    std::optional<termios> callers_modes{};
    UserLimits limits{};
    std::optional<std::chrono::sys_seconds> ends{};  ///< whoever is there then has to go
    /// Frees what the gate left in the child; must not throw. Modules run in it, which
    /// may do what they like with signals; without one login's are ignored, and no others.
    std::function<void()> forget_gate{};
};

/// How far the child has come, from the fork to exec.
enum class StartStep { ready, session, terminal, go_ahead, limits, identity, home, modes, exec };

/// What it says of that; the channel carries it as it is.
struct StartReport {
    StartStep step = StartStep::ready;
    int problem = 0;  ///< errno; 0: the step is done
};

[[nodiscard]] std::string_view name_of(StartStep step);
[[nodiscard]] std::string words_for(const StartReport& report, const ShellPlan& plan);
/// In one line, for the person.
[[nodiscard]] std::string as_last_words(const std::string& words, const std::string& reference);

/// Whoever ends login before there is a shell: a line in the log, and the way out.
[[noreturn]] void leave_before_shell();

/// The child that becomes the shell. From fork to exec it is another program: it
/// never returns and never throws. It leads its own session, or as a caller's
/// guest a process group in the foreground of theirs, owns the line from the first
/// moment, becomes the user, and then waits until it is told to go on. It reports on
/// `childs` and closes its copy of `ours`. A line that is not borrowed is no longer our
/// controlling terminal then.
[[nodiscard]] Child fork_shell(const ShellPlan& plan,
                               const common::Terminal& terminal,
                               int childs,
                               int ours);

/// Takes the line as the controlling terminal of the session that this process
/// leads or begins, for a shell that login itself becomes. Returns the session.
/// Throws where the line is another session's.
[[nodiscard]] pid_t lead_session_on(const common::Terminal& terminal);

/// Becomes the shell: no process is left that waits for its end. Throws as long
/// as everything can be undone; what fails later is said, logged and final.
[[noreturn]] void become_shell(const ShellPlan& plan);

}  // namespace login
