#pragma once

#include "common/environment.hpp"
#include "common/signals.hpp"
#include "common/terminal.hpp"
#include "common/user.hpp"
#include "login/child.hpp"
#include "login/closing_time.hpp"
#include "login/idle_watch.hpp"
#include "login/limits.hpp"
#include "login/orphans.hpp"
#include "login/shell_command.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

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

/// How a shell ended.
struct ShellEnd {
    /// It was never started; the words say why, for the person and the log.
    std::optional<std::string> not_started{};
    std::string reference{};  ///< of those words, as the person has read it
    int status = 0;           ///< as waitpid(2) gives it
};

/// A line that a caller's session lends us: at the end its foreground is our own
/// process group again, and its modes are what they were.
class LentForeground {
  public:
    LentForeground(const common::Terminal& terminal, const termios& callers_modes)
        : terminal_(terminal), modes_(callers_modes) {}
    LentForeground(const LentForeground&) = delete;
    LentForeground(LentForeground&&) = delete;
    LentForeground& operator=(const LentForeground&) = delete;
    LentForeground& operator=(LentForeground&&) = delete;
    ~LentForeground();

  private:
    const common::Terminal& terminal_;
    termios modes_;
};

/// The child that becomes the shell. From fork to exec it is another program: it
/// never returns and never throws. It leads its own session, or as a caller's
/// guest a process group in the foreground of theirs, owns the line from the first
/// moment, becomes the user, and then waits until it is told to go on.
class ShellProcess {
  public:
    /// Gives up the line as our controlling terminal, and forks.
    ShellProcess(const ShellPlan& plan, const common::Terminal& terminal);

    [[nodiscard]] pid_t process() const noexcept { return child_.id(); }
    /// The session that the shell is in.
    [[nodiscard]] pid_t session() const noexcept;

    /// Lets the child go on. Throws where it could not get the line.
    void release() const;
    /// Waits until it has ended. A hang-up of the line, SIGHUP and SIGTERM end it,
    /// and nobody typing for too long: HUP and CONT first, KILL after three seconds.
    /// `once_started` is what there is time for when the child has become the shell.
    [[nodiscard]] ShellEnd wait(common::SignalQueue& signals,
                                const std::function<void()>& once_started);

  private:
    struct Channel {
        common::UniqueFd ours;
        common::UniqueFd childs;
    };
    static Channel make_channel();
    static std::optional<LentForeground> borrow(const ShellPlan& plan,
                                                const common::Terminal& terminal);
    static std::optional<Orphans> adopt(const ShellPlan& plan);

    void wait_until_ready() const;
    [[nodiscard]] bool is_guest() const noexcept { return lent_.has_value(); }
    void look_after_children();
    void step_aside() const;
    [[nodiscard]] bool end_shell();
    [[nodiscard]] bool is_late(std::chrono::milliseconds& next) const;
    void give_up(ShellEnd& end, std::string reason);
    [[nodiscard]] bool was_told_to_end(common::SignalQueue& signals, short line_events);
    [[nodiscard]] std::optional<std::string> read_failure();
    [[nodiscard]] bool is_over(std::chrono::milliseconds& next);
    [[nodiscard]] bool is_idle_too_long(std::chrono::milliseconds& next);
    [[nodiscard]] bool is_closed(std::chrono::milliseconds& next);
    [[nodiscard]] bool has_been_idle(IdleWatch::Advice advice) const;

    const ShellPlan& plan_;
    const common::Terminal& terminal_;
    Channel channel_;
    std::optional<LentForeground> lent_{};  ///< given back after the child has gone
    std::optional<Orphans> orphans_{};
    Child child_;
    bool watches_line_ = true;
    std::chrono::steady_clock::time_point start_ends_{};
    std::optional<IdleWatch> idle_{};
    std::optional<ClosingTime> closing_{};
};

/// Takes the line as the controlling terminal of the session that this process
/// leads or begins, for a shell that login itself becomes. Returns the session.
/// Throws where the line is another session's.
[[nodiscard]] pid_t lead_session_on(const common::Terminal& terminal);

/// Becomes the shell: no process is left that waits for its end. Throws as long
/// as everything can be undone; what fails later is said, logged and final.
[[noreturn]] void become_shell(const ShellPlan& plan);

}  // namespace login
