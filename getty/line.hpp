#pragma once

#include "getty/ask_name.hpp"
#include "getty/claim_line.hpp"
#include "getty/line_speed.hpp"
#include "getty/options.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <poll.h>

namespace getty {

using Clock = std::chrono::steady_clock;

enum class LineState {
    absent,        ///< the device is not there, or not yet: looked for again later
    opening,       ///< ours; waits for a key where one is asked for (--wait-cr, --login-pause)
    asking,        ///< the prompt is out
    handing_over,  ///< there is a name: become_login_on() is next
    done,          ///< nothing more to do; exit_status() says how it ended
};

/// One line from device to login. It never blocks: poll tells it what happened,
/// and it says what it waits for next.
class Line {
  public:
    explicit Line(Options options);

    [[nodiscard]] LineState state() const noexcept { return state_; }
    [[nodiscard]] int exit_status() const noexcept { return exit_status_; }

    /// What to poll for; descriptor -1 where there is nothing but time.
    [[nodiscard]] pollfd waiting_for() const;
    /// When to come back even if nothing happened.
    [[nodiscard]] std::optional<Clock::time_point> wakes_at() const { return wake_; }
    /// `events` as poll(2) found them, 0 when the time has come.
    void on_event(short events, Clock::time_point now);

    /// Sets the modes login expects and replaces this process by login. Returns
    /// only when that failed: the reason has been said and logged, and the line
    /// will be tried again after a pause.
    void become_login(Clock::time_point now);

  private:
    void try_to_open(Clock::time_point now);
    void claimed(ClaimedLine claimed, Clock::time_point now);
    void set_speed();
    void show_issue();
    void begin(Clock::time_point now);
    void begin_asking();
    void on_input(short events);
    void on_key_in_opening(char byte);
    void on_answer();
    void refuse_name(std::string_view why);
    void next_speed();
    void nobody_came();
    void lose_line(Clock::time_point now);
    void look_again_later(Clock::time_point now);
    void emit(std::string_view text);
    void flush();
    void record_waiting() const;
    [[nodiscard]] std::string terminal_type() const;

    Options options_;
    SpeedCycle speeds_;
    LineState state_ = LineState::absent;
    int exit_status_ = 0;
    std::optional<ClaimedLine> claimed_;
    std::unique_ptr<NameQuestion> question_;
    std::string unwritten_;
    std::optional<Clock::time_point> wake_;
    std::chrono::seconds next_pause_{1};
    Clock::time_point next_refusal_logged_{};
    bool trouble_is_logged_ = false;  ///< said once, until a key shows that the line works
};

/// The lines that the options name: one.
[[nodiscard]] std::vector<Line> lines_of(const Options& options);

}  // namespace getty
