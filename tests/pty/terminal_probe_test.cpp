#include "tests/pty/dialogue.hpp"
#include "tests/pty/test_world.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};

constexpr const char* size_question = "\x1b[18t";
constexpr const char* corner_question =
    "\x1b[6n\x1b"
    "8";

/// A getty that asks, at its prompt; the line has no size.
pty::Process open_line(const pty::World& world,
                       pty::Line& line,
                       const std::vector<std::string>& options = {"--probe-terminal"}) {
    add_person(world, ann);
    line.resize(0, 0);
    auto getty = start_getty(line, options);
    line.expect("login: ");
    return getty;
}

void log_in_with_password(pty::Line& line) {
    line.expect("Password: ");
    line.send(ann.password + "\r");
    line.expect(pty::shell_prompt);
}

bool has_size(const pty::Line& line, unsigned rows, unsigned columns) {
    return pty::wait_until(
        [&] { return line.window_size().ws_row == rows && line.window_size().ws_col == columns; });
}

}  // namespace

TEST_CASE("Terminal size and type, opt-in: a terminal that answers gets its size") {
    const pty::TestWorld world;
    pty::Line line;
    const auto getty = open_line(world, line);
    CHECK(line.transcript().find('\x1b') == std::string::npos);
    line.send("a");
    line.expect(std::string{"a"} + size_question);
    line.send("\x1b[8;30;100t");
    CHECK(has_size(line, 30, 100));
    line.send("nn\r");
    line.expect("nn");
    log_in_with_password(line);
    CHECK(ask_shell(line, "stty size").find("30 100") != std::string::npos);
}

TEST_CASE("Terminal size and type, opt-in: one that only knows where its cursor is") {
    const pty::TestWorld world;
    pty::Line line;
    const auto getty = open_line(world, line);
    line.send("ann\r");
    line.expect(size_question);
    line.expect(corner_question);
    line.send("\x1b[25;132R");
    CHECK(has_size(line, 25, 132));
    log_in_with_password(line);
    CHECK(ask_shell(line, "echo $LOGNAME").find("ann") != std::string::npos);
}

TEST_CASE("Terminal size and type, opt-in: one that does not answer loses no key") {
    const pty::TestWorld world;
    pty::Line line;
    const auto getty = open_line(world, line);
    line.send("ann\r");
    log_in_with_password(line);
    CHECK(has_size(line, 0, 0));
}

TEST_CASE("Terminal size and type, opt-in: a late answer is neither name nor password") {
    const pty::TestWorld world;
    pty::Line line;
    const auto getty = open_line(world, line);
    line.send("ann\r");
    line.expect(corner_question);
    pty::let_pass(300ms);
    // Twice, cut and with rubbish.
    line.send("\x1b[8;24\x1b[8;24;80t\x1b[8;24;80t");
    line.send("\x1b]x\x1b\\\x1b[24;80R");
    log_in_with_password(line);
    CHECK(has_size(line, 24, 80));
    CHECK(world.btmp().empty());
}

TEST_CASE("Terminal size and type, opt-in: the key that ends a pause is the first one") {
    const pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    line.resize(0, 0);
    const auto getty = start_getty(line, {"--probe-terminal", "--login-pause"});
    line.expect("[press ENTER to login]");
    line.send("\r");
    line.expect("login: ");
    line.expect(size_question);
    line.send("\x1b[8;30;100t");
    CHECK(has_size(line, 30, 100));
    line.send("ann\r");
    log_in_with_password(line);
}

TEST_CASE("Terminal size and type, opt-in: without it nothing is asked and no size is made up") {
    const pty::TestWorld world;
    pty::Line line;
    const auto getty = open_line(world, line, {});
    line.send("a");
    line.expect("a");
    line.expect_nothing(300ms);
    line.send("nn\r");
    log_in_with_password(line);
    CHECK(has_size(line, 0, 0));
}
