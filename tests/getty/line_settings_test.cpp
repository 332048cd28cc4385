#include "getty/line_settings.hpp"

#include "getty/line_table.hpp"

#include <doctest/doctest.h>

using getty::LineProfile;
using getty::Options;
using getty::Ring;
using getty::settle;

namespace {

LineProfile profile(const char* label, std::vector<getty::OptionSetting> settings) {
    LineProfile profile{.label = label};
    profile.options = std::move(settings);
    return profile;
}

}  // namespace

TEST_CASE("what comes later has the last word: tables, credentials, command line") {
    const LineProfile line =
        profile("ttyS*", {{"timeout", "10"}, {"host", "table"}, {"noclear", "yes"}});
    Options given{.line = "ttyS0", .login_program = "/bin/login"};
    given.given = {{"host", "credential"}, {"host", "argv"}, {"delay", "3"}};
    const auto settings = settle(given, line, {.entries = {&line}});
    REQUIRE(settings.steps.size() == 1);
    const Options& options = settings.steps.front();
    CHECK(options.line == "ttyS0");
    CHECK(options.host == "argv");
    CHECK(options.timeout.count() == 10);
    CHECK(options.delay.count() == 3);
    CHECK(options.no_clear);
    CHECK(options.login_program == "/bin/login");
    CHECK(options.profile.label == "ttyS*");
}

TEST_CASE("operands have the last word over speed and terminal type") {
    LineProfile line;
    line.speeds = {1200, 300};
    line.terminal_type = "vt52";
    const Ring alone{.entries = {&line}};
    const Options from_table = settle({}, line, alone).steps.front();
    CHECK(from_table.speeds == std::vector<getty::Speed>{1200, 300});
    CHECK(from_table.terminal_type == "vt52");

    const Options said =
        settle({.speeds = {9600}, .terminal_type = "vt100"}, line, alone).steps.front();
    CHECK(said.speeds == std::vector<getty::Speed>{9600});
    CHECK(said.terminal_type == "vt100");

    const Options console = settle({.console_speed = true}, line, alone).steps.front();
    CHECK(console.console_speed);
    CHECK(console.speeds.empty());
}

TEST_CASE("each entry of a ring is a step, over what holds for the line anyway") {
    LineProfile line = profile("ttyS0", {{"timeout", "10"}});
    line.environment = {"A=1"};
    const LineProfile slow = profile("slow", {{"timeout", "20"}});
    const LineProfile slower = profile("slower", {});
    const auto settings = settle({}, line, {.entries = {&line, &slow, &slower}, .returns_to = 1});
    REQUIRE(settings.steps.size() == 3);
    CHECK(settings.returns_to == 1);
    CHECK(settings.steps[0].timeout.count() == 10);
    CHECK(settings.steps[0].profile.environment == std::vector<std::string>{"A=1"});
    CHECK(settings.steps[1].timeout.count() == 20);
    CHECK(settings.steps[2].timeout.count() == 10);
    CHECK(settings.steps[2].profile.label == "slower");
    CHECK(settings.steps[2].profile.environment == std::vector<std::string>{"A=1"});
}
