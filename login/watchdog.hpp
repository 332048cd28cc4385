#pragma once

#include "common/terminal.hpp"
#include "common/unique_fd.hpp"
#include "login/line.hpp"
#include "login/watch_orders.hpp"

#include <chrono>

#include <sys/types.h>
#include <termios.h>

namespace login {

/// What login is doing in code that is not ours, for the log.
enum class Work {
    starting,
    looking_up,
    authenticating,
    checking_account,
    changing_password,
    opening,
    closing
};

/// A process that sits outside of a login while code runs in it that is not ours,
/// PAM modules above all, and ends it when that takes too long or the person
/// does: whatever such code does to signals, timers and descriptors, it does to
/// its own process. It is forked when it is first needed and does not live on
/// beside a shell.
///
/// Time counts from the beginning of a piece of work, and does not while the
/// person is waited for.
class Watchdog {
  public:
    struct Plan {
        const common::Terminal& terminal;
        const Line& line;
        termios modes_after{};  ///< of a line that was taken back
        /// For each piece of work that asks nothing; 0: for ever.
        std::chrono::seconds patience{60};
    };

    explicit Watchdog(const Plan& plan) : plan_(plan) {}
    Watchdog(const Watchdog&) = delete;
    Watchdog(Watchdog&&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;
    Watchdog& operator=(Watchdog&&) = delete;
    /// Sends the process away: what login does from here on is its own affair.
    ~Watchdog();

    /// A piece of work begins. Throws std::system_error where there is no
    /// process to be had.
    void begins(Work work);
    /// Everything has to be over by then, `never` included.
    void allow_until(WatchClock::time_point deadline) noexcept;
    /// The session is open: nothing of it runs until it is closed. The process is told
    /// to go, and not waited for.
    void rests() noexcept;
    /// Takes leave of one that was told to go, when there is time to.
    void see_off() noexcept;

    /// Login itself waits, for an answer or for time to pass.
    enum class Wait {
        for_answer,  ///< the end of login's own time counts on
        for_time,    ///< nothing counts: a delay is not to be cut short
    };
    /// While it does. `dog` may be nullptr. One within another changes nothing.
    class Silence {
      public:
        Silence(Watchdog* dog, Wait wait) noexcept;
        Silence(const Silence&) = delete;
        Silence(Silence&&) = delete;
        Silence& operator=(const Silence&) = delete;
        Silence& operator=(Silence&&) = delete;
        ~Silence();

      private:
        Watchdog* dog_;
        WatchClock::time_point login_ends_;
    };

  private:
    struct Orders;

    void start(WatchClock::time_point word_due);
    void order(WatchClock::time_point word_due) noexcept;
    void order() noexcept;
    void send_away() noexcept;

    Plan plan_;
    WatchClock::time_point call_ends_ = never;
    WatchClock::time_point login_ends_ = never;
    Work work_ = Work::starting;
    bool is_silent_ = false;
    Orders* orders_ = nullptr;  ///< shared with the process
    pid_t process_ = -1;
    pid_t leaving_ = -1;  ///< was told to go
    common::UniqueFd handle_;
};

}  // namespace login
