#include "getty/noise.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace std::string_view_literals;

namespace {

/// What the marks in the bytes mean, a letter an event: B for a BREAK, D for a
/// damaged byte, the byte itself otherwise.
std::string read(std::string_view bytes) {
    getty::MarkReader marks;
    std::string events;
    for (const char byte : bytes) {
        const getty::LineEvent event = marks.feed(byte);
        if (std::holds_alternative<getty::BreakReceived>(event)) {
            events += 'B';
        } else if (std::holds_alternative<getty::DamagedByte>(event)) {
            events += 'D';
        } else if (const auto* const received = std::get_if<getty::Received>(&event)) {
            events += received->byte;
        }
    }
    return events;
}

}  // namespace

TEST_CASE(
    "a speed never changes by noise: marks in the input become what they mark (termios(3), "
    "PARMRK)") {
    struct Case {
        std::string_view bytes;
        std::string_view events;
    };
    const std::vector<Case> cases{
        {"root", "root"},
        {"\0"sv, "B"},
        {"\377\0\0"sv, "B"},
        {"a\377\0\0b"sv, "aBb"},
        {"\377\0x"sv, "D"},
        {"\377\0\377"sv, "D"},
        {"\377\377", "\377"},
        {"\377\377\377\0\0\377\377"sv, "\377B\377"},
        {"\377", ""},
        {"\377\0"sv, ""},
    };
    for (const Case& c : cases) {
        CAPTURE(c.events);
        CHECK(read(c.bytes) == c.events);
    }
}

TEST_CASE("a speed never changes by noise: a BREAK does what the policy says") {
    using getty::BreakPolicy;
    using getty::NoiseJudge;
    using getty::SpeedChange;
    CHECK(NoiseJudge{BreakPolicy::cycle}.on_break() == SpeedChange::next);
    CHECK(NoiseJudge{BreakPolicy::reset}.on_break() == SpeedChange::first);
    CHECK(NoiseJudge{BreakPolicy::ignore}.on_break() == SpeedChange::stay);
}

TEST_CASE(
    "a speed never changes by noise: damage counts as a BREAK after five in a row, and only "
    "in a row") {
    getty::NoiseJudge judge{getty::BreakPolicy::cycle};
    const auto damage = [&judge](int times) {
        int steps = 0;
        for (int i = 0; i < times; ++i) {
            steps += judge.on_damage() == getty::SpeedChange::next ? 1 : 0;
        }
        return steps;
    };
    CHECK(damage(4) == 0);
    judge.on_good_byte();
    CHECK(damage(4) == 0);
    CHECK(damage(1) == 1);
    CHECK(damage(10) == 2);
    CHECK(damage(3) == 0);
    static_cast<void>(judge.on_break());
    CHECK(damage(4) == 0);
}

TEST_CASE("CPU limit: what nobody types so fast is a flood") {
    using namespace std::chrono_literals;
    using getty::FloodGauge;
    FloodGauge::Time now{100h};
    FloodGauge gauge;
    const auto floods_after = [&](std::chrono::nanoseconds between) {
        constexpr int tried = 20'000;
        for (int bytes = 0; bytes < tried; ++bytes) {
            if (gauge.is_flood(now)) {
                return bytes;
            }
            now += between;
        }
        return tried;
    };
    // As much at once as a name can have, and some.
    CHECK(floods_after(0ns) == FloodGauge::most_at_once);
    // A slow line, and the fastest of typists, for ever.
    now += 1h;
    CHECK(floods_after(std::chrono::nanoseconds{1s} / 250) == 20'000);
    now += 1h;
    // 115,200 bits/s: what it allows at once, and a little that it earns meanwhile.
    const int at_full_speed = floods_after(std::chrono::nanoseconds{1s} / 11'520);
    CHECK(at_full_speed >= FloodGauge::most_at_once);
    CHECK(at_full_speed < FloodGauge::most_at_once + 50);
    // What a quiet second gives back, and never more than there was.
    now += 1s;
    CHECK(floods_after(0ns) == FloodGauge::most_a_second);
    now += 500ms;
    CHECK(floods_after(0ns) == FloodGauge::most_a_second / 2);
    now += 1000h;
    CHECK(floods_after(0ns) == FloodGauge::most_at_once);
}

TEST_CASE("CPU limit: BREAKs and NULs of a flood are told from what was typed") {
    CHECK(getty::is_all_breaks(""));
    CHECK(getty::is_all_breaks("\0\0"sv));
    CHECK(getty::is_all_breaks("\377\0\0\377\0\0"sv));
    CHECK_FALSE(getty::is_all_breaks("\0a\0"sv));
    CHECK_FALSE(getty::is_all_breaks("\0\0\r"sv));
}
