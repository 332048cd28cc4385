#include "login/idle_watch.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using login::IdleWatch;
using Step = login::IdleWatch::Step;

namespace {

/// A line whose clocks a test sets: seconds since the session's begin, and the
/// time of day.
struct Clocks {
    std::chrono::seconds passed{0};
    std::chrono::sys_seconds time_of_day{std::chrono::seconds{1'000'000}};
    std::chrono::sys_seconds last_read = time_of_day;

    void pass(std::chrono::seconds time) {
        passed += time;
        time_of_day += time;
    }
    [[nodiscard]] IdleWatch begin(std::chrono::seconds limit) const {
        return IdleWatch{limit, IdleWatch::Time{passed}, last_read};
    }
    IdleWatch::Advice look(IdleWatch& watch) const {
        return watch.look(IdleWatch::Time{passed}, time_of_day, last_read);
    }
};

}  // namespace

TEST_CASE("idle: a warning a minute before the end, and nothing to do until then") {
    Clocks clocks;
    IdleWatch watch = clocks.begin(30min);
    auto advice = clocks.look(watch);
    CHECK(advice.step == Step::wait);
    CHECK(advice.next == 29min);
    clocks.pass(29min);
    advice = clocks.look(watch);
    CHECK(advice.step == Step::warn);
    CHECK(advice.next == 1min);
    clocks.pass(30s);
    advice = clocks.look(watch);
    CHECK(advice.step == Step::wait);
    CHECK(advice.next == 30s);
    clocks.pass(30s);
    CHECK(clocks.look(watch).step == Step::end);
}

TEST_CASE("idle: a time shorter than two minutes is warned of at its half") {
    Clocks clocks;
    IdleWatch watch = clocks.begin(20s);
    CHECK(clocks.look(watch).next == 10s);
    clocks.pass(10s);
    CHECK(clocks.look(watch).step == Step::warn);
    clocks.pass(10s);
    CHECK(clocks.look(watch).step == Step::end);
}

TEST_CASE("idle: whoever types has all the time again, from the moment of it") {
    Clocks clocks;
    IdleWatch watch = clocks.begin(30min);
    clocks.pass(20min);
    clocks.last_read = clocks.time_of_day;
    clocks.pass(9min);
    auto advice = clocks.look(watch);
    CHECK(advice.step == Step::wait);
    CHECK(advice.next == 20min);
    clocks.pass(20min);
    CHECK(clocks.look(watch).step == Step::warn);
    clocks.pass(10s);
    clocks.last_read = clocks.time_of_day;
    clocks.pass(50s);
    advice = clocks.look(watch);
    CHECK(advice.step == Step::wait);
    CHECK(advice.next == 29min - 50s);
}

TEST_CASE("idle: a clock that is set, forwards or back, ends no session and saves none") {
    for (const auto jump : {std::chrono::hours{24 * 365 * 50}, -std::chrono::hours{5}}) {
        CAPTURE(jump.count());
        Clocks clocks;
        IdleWatch watch = clocks.begin(30min);
        clocks.pass(10min);
        clocks.time_of_day += jump;
        auto advice = clocks.look(watch);
        CHECK(advice.step == Step::wait);
        CHECK(advice.next == 19min);
        // Typed between two looks, before or after the clock was set.
        clocks.last_read += 5min;
        clocks.pass(1min);
        advice = clocks.look(watch);
        CHECK(advice.step == Step::wait);
        CHECK(advice.next >= 28min);
        clocks.pass(29min);
        CHECK(clocks.look(watch).step == Step::warn);
        clocks.pass(1min);
        CHECK(clocks.look(watch).step == Step::end);
    }
}

TEST_CASE("idle: a login that was stopped over the end of the time still warns first") {
    Clocks clocks;
    IdleWatch watch = clocks.begin(10min);
    clocks.pass(2h);
    const auto advice = clocks.look(watch);
    CHECK(advice.step == Step::warn);
    CHECK(advice.next == 1min);
    clocks.pass(1min);
    CHECK(clocks.look(watch).step == Step::end);
}

TEST_CASE("idle: times in words, in the largest unit that is exact") {
    struct Row {
        std::chrono::seconds time;
        const char* words;
    };
    for (const Row& row : std::vector<Row>{{1s, "1 second"},
                                           {90s, "90 seconds"},
                                           {60s, "1 minute"},
                                           {30min, "30 minutes"},
                                           {1h, "1 hour"},
                                           {90min, "90 minutes"},
                                           {24h, "24 hours"},
                                           {0s, "0 seconds"}}) {
        CHECK(login::in_words(row.time) == row.words);
    }
}
