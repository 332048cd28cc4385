#pragma once

#include <chrono>

namespace login {

using WatchClock = std::chrono::steady_clock;
constexpr WatchClock::time_point never = WatchClock::time_point::max();

/// The instants that the watchdog waits for; `never` for those that do not count
/// now.
struct WatchTimes {
    WatchClock::time_point word_due = never;  ///< the person is told that we still work
    WatchClock::time_point call_ends = never;
    WatchClock::time_point login_ends = never;
};

enum class WatchAction { wait, say_word, end_login };

struct WatchDecision {
    WatchAction action = WatchAction::wait;
    /// When to look again at the latest; `never`: when told to.
    WatchClock::time_point until = never;

    bool operator==(const WatchDecision&) const = default;
};

[[nodiscard]] WatchDecision decide(const WatchTimes& times, WatchClock::time_point now);

/// When a stretch of work that asks nothing ends that begins now; 0: never.
[[nodiscard]] WatchClock::time_point end_of_call(WatchClock::time_point now,
                                                 std::chrono::seconds most);

/// What has to be over by `deadline` is given a moment more, in which a login
/// that nothing hangs in ends by its own undo.
[[nodiscard]] WatchClock::time_point end_of_login(WatchClock::time_point deadline);

}  // namespace login
