#include "login/watch_orders.hpp"

#include <algorithm>

namespace login {

using namespace std::chrono_literals;

WatchDecision decide(const WatchTimes& times, WatchClock::time_point now) {
    const auto end = std::min(times.call_ends, times.login_ends);
    if (end <= now) {
        return {.action = WatchAction::end_login, .until = now};
    }
    if (times.word_due <= now) {
        return {.action = WatchAction::say_word, .until = now};
    }
    return {.action = WatchAction::wait, .until = std::min(end, times.word_due)};
}

WatchClock::time_point end_of_call(WatchClock::time_point now, std::chrono::seconds most) {
    return most == 0s ? never : now + most;
}

WatchClock::time_point end_of_login(WatchClock::time_point deadline) {
    constexpr auto moment = 500ms;
    return deadline == never ? never : deadline + moment;
}

}  // namespace login
