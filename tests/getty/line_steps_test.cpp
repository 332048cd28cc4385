#include "getty/line_steps.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using getty::LineSteps;
using getty::Options;

namespace {

Options entry(std::string label, std::vector<getty::Speed> speeds) {
    Options options{.speeds = std::move(speeds)};
    options.profile.label = std::move(label);
    return options;
}

std::shared_ptr<const getty::LineSettings> shared(getty::LineSettings settings) {
    return std::make_shared<const getty::LineSettings>(std::move(settings));
}

/// The entry and speed of each of the next steps.
std::string walk(LineSteps& steps, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += steps.options()->profile.label + std::to_string(steps.speed()) +
                (steps.is_at_first() ? "* " : " ");
        steps.advance();
    }
    return text;
}

}  // namespace

TEST_CASE("BREAKs go through the speeds of an entry and then to the next") {
    LineSteps list{shared({.steps = {entry("a", {9600, 1200})}})};
    CHECK(walk(list, 3) == "a9600* a1200 a9600* ");

    LineSteps ring{
        shared({.steps = {entry("a", {9600}), entry("b", {1200, 300}), entry("c", {})}})};
    CHECK(ring.has_several());
    CHECK(walk(ring, 5) == "a9600* b1200 b300 c0 a9600* ");

    // A ring that does not close through its first entry.
    LineSteps tail{
        shared({.steps = {entry("a", {1}), entry("b", {2}), entry("c", {3})}, .returns_to = 1})};
    CHECK(walk(tail, 6) == "a1* b2 c3 b2 c3 b2 ");
}

TEST_CASE("after a quiet time the first entry and its first speed are back") {
    LineSteps steps{shared({.steps = {entry("a", {9600, 1200}), entry("b", {300})}})};
    steps.advance();
    steps.restart();
    CHECK(walk(steps, 1) == "a9600* ");
    steps.advance();
    CHECK_FALSE(steps.is_at_first());
    steps.restart();
    CHECK(walk(steps, 1) == "a9600* ");
}

TEST_CASE("one entry with one speed is left alone by a BREAK") {
    CHECK_FALSE(LineSteps{shared({.steps = {entry("a", {9600})}})}.has_several());
    CHECK_FALSE(LineSteps{shared({.steps = {entry("a", {})}})}.has_several());
    CHECK(LineSteps{shared({.steps = {entry("a", {9600, 1200})}})}.has_several());
}

TEST_CASE("--keep-baud puts the speed the line has first") {
    Options options = entry("a", {9600});
    options.keep_baud = true;
    LineSteps steps{shared({.steps = {options}})};
    CHECK(walk(steps, 3) == "a0* a9600 a0* ");
}

TEST_CASE("what a modem says takes the place of the list") {
    LineSteps steps{shared({.steps = {entry("a", {9600, 1200})}})};
    steps.replace_speeds({57'600});
    CHECK(walk(steps, 2) == "a57600* a57600* ");
}
