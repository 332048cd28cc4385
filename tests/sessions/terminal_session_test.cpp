#include "login/sessions/terminal_session.hpp"

#include "tests/sessions/machine_twin.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using tests::pts;

namespace {

std::string shown(const std::vector<sessions::TerminalSession>& all) {
    std::string text;
    for (const auto& session : all) {
        text += std::to_string(session.id()) + ":" + std::to_string(session.foreground) + ":" +
                session.command + ":" + std::to_string(session.processes) + " ";
    }
    return text;
}

}  // namespace

TEST_CASE("a session with a terminal is one, by its leader") {
    const auto processes = tests::table_of({
        {.id = 1, .parent = 0, .session = 1, .command = "init"},
        {.id = 2, .parent = 0, .session = 0, .command = "kthreadd"},
        {.id = 5, .parent = 1, .session = 5, .command = "daemon"},
        {.id = 9, .parent = 1, .session = 9, .terminal = pts(3), .foreground = 12},
        {.id = 12,
         .parent = 9,
         .session = 9,
         .terminal = pts(3),
         .command = "vi",
         .foreground = 12},
        {.id = 13, .parent = 9, .session = 9, .terminal = pts(3), .state = 'Z', .foreground = 12},
        {.id = 14, .parent = 9, .session = 9, .command = "gave its terminal up"},
        {.id = 20,
         .parent = 1,
         .session = 20,
         .terminal = pts(1),
         .command = "idle",
         .foreground = 20},
        // Its leader has gone, and the terminal with it.
        {.id = 31, .parent = 1, .session = 30, .command = "left"},
    });
    CHECK(shown(sessions::terminal_sessions(processes)) == "20:20:idle:1 9:12:vi:3 ");
}

TEST_CASE("a foreground group without its leader is called by another of its processes") {
    const std::vector<tests::Born> shell{
        {.id = 9, .parent = 1, .session = 9, .terminal = pts(3), .foreground = 12}};
    struct Case {
        std::vector<tests::Born> others;
        std::string shown;
    };
    const tests::Born rest{
        .id = 13, .parent = 9, .session = 9, .terminal = pts(3), .command = "less", .group = 12};
    const tests::Born zombie{
        .id = 12, .parent = 9, .session = 9, .command = "man", .group = 12, .state = 'Z'};
    const tests::Born stranger{.id = 14, .parent = 1, .session = 14, .command = "x", .group = 12};
    for (const Case& c : {Case{{rest}, "9:12:less:2 "},
                          Case{{zombie, rest}, "9:12:less:2 "},
                          Case{{zombie}, "9:12::1 "},
                          Case{{stranger}, "9:12::1 "}}) {
        CAPTURE(c.shown);
        auto all = shell;
        all.insert(all.end(), c.others.begin(), c.others.end());
        CHECK(shown(sessions::terminal_sessions(tests::table_of(all))) == c.shown);
    }
}
