#include "login/attempts.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using login::answer_time;
using login::AttemptRules;

TEST_CASE("attempts: as many as the rules give") {
    const AttemptRules rules{.tries = 3};
    CHECK(login::may_try_again(0, rules));
    CHECK(login::may_try_again(2, rules));
    CHECK_FALSE(login::may_try_again(3, rules));
    CHECK_FALSE(login::may_try_again(4, rules));
}

TEST_CASE("T-22 attempts: a failure is answered at a multiple of the grid, plus the delay") {
    const login::Clock::time_point typed{1000s};
    struct Row {
        std::chrono::milliseconds check_took;
        std::chrono::milliseconds wanted_by_module;
        std::chrono::milliseconds answered_after;
    };
    const Row rows[] = {
        {0ms, 0ms, 5250ms},
        {34ms, 0ms, 5250ms},   // an existing user
        {249ms, 0ms, 5250ms},  // and any other, at the same instant
        {250ms, 0ms, 5250ms},
        {251ms, 0ms, 5500ms},
        {501ms, 0ms, 6s},
        {1700ms, 0ms, 7s},
        {10ms, 3s, 5250ms},  // the longer of the two delays
        {10ms, 8s, 8250ms},
    };
    for (const Row& row : rows) {
        CAPTURE(row.check_took.count());
        const auto answer = answer_time(typed, typed + row.check_took, row.wanted_by_module, {});
        CHECK(answer - typed == row.answered_after);
    }
}

TEST_CASE("attempts: a check that took for ever still gets its answer") {
    const login::Clock::time_point typed{1000s};
    const auto answer = answer_time(typed, typed + 1000h, 0us, {.fail_delay = 0s});
    CHECK(answer < typed + 1000h);
}
