#include "tests/pty/dialogue.hpp"
#include "tests/pty/process_cost.hpp"
#include "tests/pty/test_world.hpp"
#include "tests/pty/virtual_terminal.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/ioctl.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};

constexpr const char* size_question = "\x1b[18t";

/// getty with these operands in place of "{line} dumb".
pty::Process start_with(const pty::Line& line, std::vector<std::string> operands) {
    std::vector<std::string> words{pty::World::getty(), "-l", pty::World::login()};
    words.insert(words.end(), operands.begin(), operands.end());
    return line.start_for({.arguments = std::move(words)});
}

bool is_in(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("a password typed ahead of the terminal's answer is neither shown nor a name (V13)") {
    pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    const auto getty = start_getty(line, {"--probe-terminal"});
    line.expect("login: ");
    // The first is refused, so the second could be noise and is waited after;
    // all of it is held back until the terminal could have answered.
    line.send("a b\rann\rsecret\r");
    line.expect("That cannot be a name");
    line.expect("More came than anybody can type.");
    line.expect("login: ");
    CHECK_FALSE(is_in(line.transcript(), "secret"));
    CHECK(world.count_log("secret") == 0);
}

TEST_CASE("the terminal's answer is no key that stops an automatic login, and no name") {
    pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    const auto getty = start_getty(
        line, {"--probe-terminal", "--login-pause", "-a", "ann", "--autologin-grace", "1"});
    line.expect("[press ENTER to login]");
    line.send("\r");
    line.expect("a key stops that.");
    if (is_in(line.transcript(), size_question)) {
        line.send("\x1b[8;24;80t");
    }
    line.expect("login: ann (automatic login)");
    line.expect(pty::shell_prompt);
}

TEST_CASE("a line lost while its terminal is asked costs nothing until getty leaves") {
    pty::TestWorld world;
    pty::Line line;
    auto getty =
        line.start_on({.arguments = {pty::World::getty(), "--probe-terminal", "-", "dumb"}});
    line.expect("login: ");
    line.send("a");
    line.expect(size_question);
    line.close_master();
    pty::let_pass(500ms);
    REQUIRE(getty.is_running());
    const auto before = pty::cost_of(getty.id()).on_processor;
    pty::let_pass(1500ms);
    REQUIRE(getty.is_running());
    CHECK(pty::cost_of(getty.id()).on_processor - before < 100ms);
}

TEST_CASE("a BREAK while a modem is waited for neither ends getty nor changes what it does") {
    pty::TestWorld world;
    add_person(world, ann);
    world.write_file("/etc/gettytab",
                     "modem:ic=\"\" ATZ\\r:ac=RING ATA\\r CONNECT:rt#2:nx=plain:lm=Modem? :\n\n"
                     "plain:lm=Plain? :\n");
    pty::Line line;
    const auto getty = start_with(line, {"modem", "{line}"});
    line.expect("ATZ\r");
    line.send("\0"sv);
    line.send("RING\r\n");
    line.expect("ATA\r");
    line.send("CONNECT\r\n");
    line.expect("Modem? ");
    // Longer than the modem may be silent.
    pty::let_pass(2500ms);
    line.send("ann\r");
    line.expect("Password: ");
}

TEST_CASE("--timeout does not run while nobody has called") {
    pty::TestWorld world;
    world.write_file("/etc/gettytab", "modem:ac=RING ATA\\r CONNECT:lm=Modem? :\n");
    pty::Line line;
    auto getty = start_with(line, {"-t", "1", "modem", "{line}"});
    pty::let_pass(2500ms);
    REQUIRE(getty.is_running());
    line.send("RING\r\n");
    line.expect("ATA\r");
    line.send("CONNECT\r\n");
    line.expect("Modem? ");
    line.expect("Nobody logged in within 1 second.");
    CHECK(getty.wait_exit() == pty::Exit{.status = 0});
}

TEST_CASE("a session is not touched because an older record of its line was left behind") {
    pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    const auto first = start_getty(line);
    log_in(line, ann.name, ann.password);
    const pid_t session = line.session();
    // By a login that was killed: first in the file, with an identity of its own.
    utmpx ghost{};
    ghost.ut_type = USER_PROCESS;
    ghost.ut_pid = 2;
    line.name().copy(ghost.ut_line, sizeof ghost.ut_line);
    std::string_view{"old"}.copy(ghost.ut_id, sizeof ghost.ut_id);
    std::string_view{"bob"}.copy(ghost.ut_user, sizeof ghost.ut_user);
    const std::string records = world.read_file("/run/utmp");
    const void* const bytes = &ghost;
    world.write_file("/run/utmp",
                     std::string{static_cast<const char*>(bytes), sizeof ghost} + records);
    REQUIRE(world.utmp().front().user == "bob");

    const auto second = start_getty(line);
    world.wait_for_log("\"ann\" is logged in on it (session " + std::to_string(session) + ")");
    CHECK(is_in(pty::ask_shell(line, "echo still here"), "still here"));
}

TEST_CASE("a ring-timeout of 0 is none, and no storm") {
    pty::TestWorld world;
    world.write_file("/etc/gettytab", "modem:ic=\"\" ATZ\\r:ac=RING ATA\\r CONNECT:rt#0:\n");
    pty::Line line;
    auto getty = start_with(line, {"modem", "{line}"});
    line.expect("ATZ\r");
    line.expect_nothing(1s);
    CHECK(pty::cost_of(getty.id()).on_processor < 500ms);
    line.send("RING\r\n");
    line.expect("ATA\r");
}

TEST_CASE("getty.conf: what is wrong is logged once, whatever the operands are") {
    pty::TestWorld world;
    world.write_file("/etc/getty.conf", "colour = blue\n");
    pty::Line line;
    const auto getty = start_with(line, {"{line}", "9600", "dumb"});
    line.expect("box login: ");
    CHECK(world.count_log("getty.conf:") == 1);
}

TEST_CASE("a line that was lost begins anew: with its first entry, and its automatic login") {
    pty::TestWorld world;
    add_person(world, ann);
    const pty::VirtualTerminal terminal;
    world.write_file("/etc/getty.conf",
                     "[tty*]\nnext = second\nautologin = ann\nautologin-grace = 1\n"
                     "[second]\nprompt = Second:\n");
    const auto getty = terminal.start_for(
        {.arguments = {pty::World::getty(), "-l", pty::World::login(), "{line}", "dumb"}});
    terminal.expect("a key stops that.");
    terminal.send("x");
    terminal.expect("box login:");
    terminal.send(std::string(1, '\0'));
    terminal.expect("Second:");
    terminal.set(TIOCVHANGUP, 0);
    terminal.expect("login: ann (automatic login)");
    terminal.expect("ready>");
}
