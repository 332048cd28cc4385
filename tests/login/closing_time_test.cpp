#include "login/closing_time.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using login::ClosingTime;
using Step = ClosingTime::Step;

TEST_CASE("closing time: warned a minute before, once, and over on the second") {
    constexpr std::chrono::sys_seconds end{1'795'000'000s};
    ClosingTime closing{end};
    struct Row {
        std::chrono::milliseconds left;
        Step step;
        std::chrono::milliseconds next;
    };
    const Row rows[] = {
        {10h, Step::wait, 60s},
        {90s, Step::wait, 30s},
        {60001ms, Step::wait, 1ms},
        {60s, Step::warn, 60s},
        {30s, Step::wait, 30s},
        // The clock was set back, and on again.
        {2h, Step::wait, 60s},
        {10s, Step::wait, 10s},
        {1ms, Step::wait, 1ms},
        {0ms, Step::end, 0ms},
        {-1h, Step::end, 0ms},
    };
    for (const Row& row : rows) {
        CAPTURE(row.left.count());
        const auto advice = closing.look(end - row.left);
        CHECK(advice.step == row.step);
        CHECK(advice.next == row.next);
    }
    // Late from the beginning.
    ClosingTime late{end};
    CHECK(late.look(end - 3s).step == Step::warn);
    CHECK(late.look(end - 2s).step == Step::wait);
    CHECK(late.look(end).step == Step::end);
}
