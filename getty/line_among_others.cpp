#include "common/log.hpp"
#include "common/record_file.hpp"
#include "common/safe_text.hpp"
#include "common/stale_records.hpp"
#include "getty/line.hpp"

#include <algorithm>
#include <utility>

#include <unistd.h>

/// A line of a process that serves several: what init does for a getty of its own is
/// done here, and nothing waits.
namespace getty {

namespace {

using namespace std::chrono_literals;

/// A getty or a login that lived so long did its work: the next comes at once.
constexpr auto good_life = 3s;
/// Somebody may leave by ^D a few times.
constexpr unsigned lives_without_pause = 3;
constexpr std::chrono::seconds longest_pause_after_life = 60s;
/// As a getty that fails waits before it leaves.
constexpr auto pause_after_failure = 10s;
/// What was said last has so long to go out.
constexpr auto patience_with_last_words = 2s;
/// A pseudo terminal does not tell whether somebody has read them, and loses them by the
/// hang-up that the line is taken with.
constexpr auto shortest_pause = 250ms;
constexpr auto interval_of_looks = 50ms;
constexpr auto interval_without_pidfd = 1s;
/// Whoever has the lock on the records has it for some microseconds.
constexpr auto interval_of_records = 20ms;
constexpr auto patience_with_records = 250ms;

}  // namespace

void Line::give_up(const char* why, Clock::time_point now) noexcept {
    common::tolerate("give a line up for now", [&] {
        if (!std::exchange(trouble_is_logged_, true)) {
            common::log(common::Severity::error,
                        "line " + common::quoted(name_) + ": " + common::safe_text(why));
        }
        if (claimed_) {
            append_output("\r\ngetty: " + common::safe_text(why) + "\r\n");
        }
    });
    times_ = {};
    times_.leave = now;
    has_failed_ = true;
    state_ = LineState::done;
}

void Line::begin_again(Clock::time_point now) {
    if (claimed_) {
        if (!patience_over_) {
            times_ = {};
            patience_over_ = now + patience_with_last_words;
        }
        if (now < *patience_over_ && has_last_words()) {
            times_.leave = now + interval_of_looks;
            return;
        }
    }
    patience_over_.reset();
    const auto pause = std::exchange(has_failed_, false) ? std::chrono::seconds{pause_after_failure}
                                                         : pause_after_life_of(now - claimed_at_);
    give_back();
    forget_all();
    unwritten_.clear();
    state_ = LineState::absent;
    times_.look_again = now + std::max<Clock::duration>(pause, shortest_pause);
}

bool Line::has_last_words() {
    try {
        flush();
    } catch (const std::system_error&) {
        return false;  // nobody is there to read them
    }
    return !unwritten_.empty() || claimed_->terminal.has_output_waiting();
}

/// What an init's guard against gettys that end at once does.
std::chrono::seconds Line::pause_after_life_of(Clock::duration life) {
    short_lives_ = life < good_life ? short_lives_ + 1 : 0;
    if (short_lives_ <= lives_without_pause) {
        return 0s;
    }
    const unsigned doublings = std::min(short_lives_ - lives_without_pause - 1, 6U);
    return std::min<std::chrono::seconds>(1s * (1U << doublings), longest_pause_after_life);
}

/// The line is login's from here on: nothing of it is kept.
void Line::leave_to_login(LoginProcess login) {
    forget_all();
    unwritten_.clear();
    marks_ = {};
    refusals_ = 0;
    login_ = std::move(login);
    state_ = LineState::absent;
    if (!login_->ended.is_open()) {
        times_.look_again = login_->started + interval_without_pidfd;
    }
}

bool Line::has_login_ended(Clock::time_point now) {
    const auto status = status_of(*login_);
    if (!status) {
        if (!login_->ended.is_open()) {
            times_.look_again = now + interval_without_pidfd;
        }
        return false;
    }
    const pid_t process = login_->id;
    if (const auto oddity = oddity_in(*status)) {
        common::log(common::Severity::warning,
                    "line " + common::quoted(name_) + ": login (process " +
                        std::to_string(process) + ") " + *oddity);
    }
    const auto pause = pause_after_life_of(now - login_->started);
    login_.reset();
    times_.look_again.reset();
    left_records_ = process;
    if (pause > 0s) {
        times_.look_again = now + pause;
        end_left_records();
    }
    return true;
}

/// Those that the next record of the line would have taken the place of.
void Line::end_left_records() {
    if (const pid_t process = std::exchange(left_records_, 0); process != 0) {
        common::tolerate("end the records of a login",
                         [process] { common::end_records_of(process, common::RecordPaths{}); });
    }
}

void Line::record_when_possible(Clock::time_point now) {
    try {
        record_waiting();
    } catch (const common::RecordLocked& problem) {
        if (now - claimed_at_ < patience_with_records) {
            times_.record = now + interval_of_records;
        } else {
            common::log_failure("record the waiting line", problem.what());
        }
    } catch (const std::system_error& problem) {
        common::log_failure("record the waiting line", problem.what());
    }
}

}  // namespace getty
