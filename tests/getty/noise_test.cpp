#include "getty/noise.hpp"

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

TEST_CASE("marks in the input become what they mark (termios(3), PARMRK)") {
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

TEST_CASE("a BREAK does what the policy says") {
    using getty::BreakPolicy;
    using getty::NoiseJudge;
    using getty::SpeedChange;
    CHECK(NoiseJudge{BreakPolicy::cycle}.on_break() == SpeedChange::next);
    CHECK(NoiseJudge{BreakPolicy::reset}.on_break() == SpeedChange::first);
    CHECK(NoiseJudge{BreakPolicy::ignore}.on_break() == SpeedChange::stay);
}

TEST_CASE("damage counts as a BREAK after five in a row, and only in a row") {
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
