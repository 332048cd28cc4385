#pragma once

#include "common/signals.hpp"
#include "common/terminal.hpp"
#include "common/unique_fd.hpp"
#include "login/child.hpp"
#include "login/closing_time.hpp"
#include "login/idle_watch.hpp"
#include "login/orphans.hpp"
#include "login/shell_start.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include <sys/types.h>
#include <termios.h>

namespace login {

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

/// The child that becomes the shell, and then the shell, as login sees it: let go on,
/// waited for, ended.
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
    /// and nobody typing for too long: HUP and CONT first, KILL after three seconds. A
    /// guest that stops is continued.
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
    static std::optional<Orphans> adopt(const ShellPlan& plan, const common::Terminal& terminal);

    void wait_until_ready() const;
    [[nodiscard]] bool is_guest() const noexcept { return lent_.has_value(); }
    void look_after_children();
    void continue_shell(std::chrono::milliseconds& next);
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
    bool is_stopped_ = false;
    std::chrono::steady_clock::time_point may_continue_{};
    std::chrono::steady_clock::time_point start_ends_{};
    std::optional<IdleWatch> idle_{};
    std::optional<ClosingTime> closing_{};
};

}  // namespace login
