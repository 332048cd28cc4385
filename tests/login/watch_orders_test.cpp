#include "login/watch_orders.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using login::never;
using login::WatchAction;
using login::WatchTimes;

namespace {

constexpr login::WatchClock::time_point now{1000s};

}  // namespace

TEST_CASE("T-24 watchdog: what it does, and when it looks again") {
    struct Row {
        const char* what;
        WatchTimes times;
        WatchAction action;
        login::WatchClock::time_point until;
    };
    const Row rows[] = {
        {"nothing is bounded", {}, WatchAction::wait, never},
        {"a call has time left", {.call_ends = now + 5s}, WatchAction::wait, now + 5s},
        {"the word comes first",
         {.word_due = now + 3s, .call_ends = now + 5s},
         WatchAction::wait,
         now + 3s},
        {"the end comes first",
         {.word_due = now + 3s, .call_ends = now + 5s, .login_ends = now + 1ms},
         WatchAction::wait,
         now + 1ms},
        {"the word is due", {.word_due = now, .call_ends = now + 2s}, WatchAction::say_word, now},
        {"the call has had its time", {.call_ends = now}, WatchAction::end_login, now},
        {"so has the login",
         {.call_ends = now + 5s, .login_ends = now - 1ms},
         WatchAction::end_login,
         now},
        {"no word to somebody who is sent away",
         {.word_due = now - 1s, .call_ends = now},
         WatchAction::end_login,
         now},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.what});
        const auto decision = login::decide(row.times, now);
        CHECK(decision.action == row.action);
        CHECK(decision.until == row.until);
    }
}

TEST_CASE("T-24 watchdog: 0 seconds are for ever, and the end of login's own time comes first") {
    CHECK(login::end_of_call(now, 60s) == now + 60s);
    CHECK(login::end_of_call(now, 0s) == never);
    CHECK(login::end_of_login(never) == never);
    CHECK(login::end_of_login(now) > now);
    CHECK(login::end_of_login(now) < now + 1s);
}
