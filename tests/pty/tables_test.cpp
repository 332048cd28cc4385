#include "tests/pty/dialogue.hpp"
#include "tests/pty/test_world.hpp"

#include <string>
#include <string_view>

#include <termios.h>
#include <unistd.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};

/// A BREAK, as a pseudo terminal delivers it.
constexpr auto break_sent = "\0"sv;

/// getty with these operands in place of "{line} dumb".
pty::Process start_with(const pty::Line& line, std::vector<std::string> operands) {
    std::vector<std::string> words{pty::World::getty(), "-l", pty::World::login()};
    words.insert(words.end(), operands.begin(), operands.end());
    return line.start_for({.arguments = std::move(words)});
}

/// Several at once are one: a person cannot send the next sooner.
void send_break(pty::Line& line) {
    line.expect_nothing(150ms);
    line.send(break_sent);
}

speed_t speed_of(const pty::Line& line) {
    const termios modes = line.modes();
    return ::cfgetospeed(&modes);
}

}  // namespace

TEST_CASE("a table that others can write, or that is too large, is not read, and it is said once") {
    pty::TestWorld world;
    pty::Line line;
    const std::string table = "prompt = wrong:\n";
    std::string said;
    SUBCASE("the group") {
        world.write_file("/etc/getty.conf", table, 0664);
        said = "/etc/getty.conf can be written by others than root: not read";
    }
    SUBCASE("somebody's own") {
        world.write_file("/etc/getty.conf", table);
        REQUIRE(::chown("/etc/getty.conf", 1001, 0) == 0);
        said = "/etc/getty.conf can be written by others than root: not read";
    }
    SUBCASE("too large") {
        world.write_file("/etc/getty.conf", table + std::string(1024UL * 1024, '#'));
        said = "/etc/getty.conf is larger than 1 MiB: not read";
    }
    const auto getty = pty::start_getty(line);
    line.expect("box login: ");
    world.wait_for_log(said);
    CHECK(world.count_log(said) == 1);
    CHECK(line.transcript().find("wrong") == std::string::npos);
}

TEST_CASE("a table of more than 64 KiB is read to its end") {
    pty::TestWorld world;
    world.write_file("/etc/getty.conf",
                     "# " + std::string(100'000, 'x') + "\nprompt = at the end:\n");
    pty::Line line;
    const auto getty = pty::start_getty(line);
    line.expect("at the end:");
}

TEST_CASE("gettydefs: a line is served by its label, as System V calls getty") {
    pty::TestWorld world;
    pty::add_person(world, ann);
    world.write_file("/etc/gettydefs",
                     "F9600# B9600 CS7 PARENB # B9600 SANE CS8 -PARENB CSTOPB #@S on @L, "
                     "login: #F1200\n\n"
                     "F1200# B1200 # B1200 SANE #Slow login: #F9600\n");
    pty::Line line;
    const auto getty = start_with(line, {"{line}", "F9600", "dumb"});
    line.expect("box on " + line.name() + ", login: ");
    CHECK(speed_of(line) == B9600);

    // The ring of labels: each BREAK is a step, and the ring closes.
    send_break(line);
    line.expect("Slow login: ");
    CHECK(speed_of(line) == B1200);
    line.send("an");
    line.expect("an");
    send_break(line);
    line.expect("box on " + line.name() + ", login: ");
    line.send("ann\r");
    line.expect("Password: ");
    line.send("secret\r");
    line.expect(pty::shell_prompt);
    // The final flags are login's, and the shell's after it.
    const std::string modes = pty::ask_shell(line, "stty -a");
    CHECK(modes.find(" cstopb") != std::string::npos);
    CHECK(modes.find("speed 9600 baud") != std::string::npos);
}

TEST_CASE("gettytab: a line is served by its class, as BSD calls getty") {
    pty::TestWorld world;
    pty::add_person(world, ann);
    world.write_file("/etc/gettytab",
                     "default:\\\n\t:im=\\r\\n%s on %h (%t)\\r\\n:sp#1200:\n\n"
                     "2|std.9600|9600-baud:\\\n\t:sp#9600:lm=Your name? :tt=vt52:ev=CALLED=yes:\n");
    pty::Line line;
    const auto getty = start_with(line, {"std.9600", "{line}"});
    line.expect("Linux on box (" + line.name() + ")\r");
    line.expect("Your name? ");
    CHECK(speed_of(line) == B9600);
    line.send("ann\r");
    line.expect("Password: ");
    line.send("secret\r");
    line.expect(pty::shell_prompt);
    CHECK(pty::ask_shell(line, "echo \"[$TERM]\"").find("[vt52]") != std::string::npos);
}

TEST_CASE("a label that no table has is said in the log, and there is a prompt all the same") {
    pty::TestWorld world;
    pty::Line bare;
    const auto first = start_with(bare, {"std.300", "{line}"});
    bare.expect("box login: ");
    world.wait_for_log("no line table has an entry \"std.300\"");

    world.write_file("/etc/gettytab", "default:lm=Who is it? :\n");
    pty::Line line;
    const auto second = start_with(line, {"std.300", "{line}"});
    line.expect("Who is it? ");
    world.wait_for_log("\"std.300\": using the table's own default");
}

TEST_CASE("gettytab: a modem is set up, and answers when somebody calls") {
    pty::TestWorld world;
    world.write_file("/etc/gettytab",
                     "modem:ic=\"\" ATZ\\r OK ATS0=0\\r OK:ac=RING ATA\\r CONNECT:ct#2:sp#9600:\n");
    pty::Line line;
    auto getty = start_with(line, {"modem", "{line}"});
    line.expect("ATZ\r");
    line.send("ATZ\r\r\nOK\r\n");
    line.expect("ATS0=0\r");
    line.send("OK\r\n");
    // Longer than an answer may take: nobody has called yet.
    line.expect_nothing(2500ms);

    SUBCASE("the call is taken") {
        line.send("RING\r\n");
        line.expect("ATA\r");
        line.send("\r\nCONNECT 9600\r\n");
        line.expect("box login: ");
    }
    SUBCASE("the caller goes away") {
        line.send("RING\r\n");
        line.expect("ATA\r");
        line.expect("the modem has not answered");
        world.wait_for_log("the modem has not answered");
        CHECK(getty.wait_exit(60s) == pty::Exit{.status = 4});
    }
}

TEST_CASE("getty.conf: sections by line, drop-ins over it, argv over all") {
    pty::TestWorld world;
    world.write_file("/run/getty.conf", "prompt = hidden by the one in etc:\n");
    world.write_file("/etc/getty.conf",
                     "prompt = all:\n"
                     "[pts/*]\n"
                     "prompt = pty:\n"
                     "speed = 19200\n"
                     "noissue = yes\n"
                     "[tty*]\n"
                     "prompt = other:\n");
    pty::Line line;
    {
        const auto getty = start_with(line, {"{line}"});
        line.expect("pty:");
        CHECK(speed_of(line) == B19200);
    }
    world.write_file("/run/getty.conf.d/10-local.conf", "[pts/*]\nprompt = drop-in:\n");
    pty::Line again;
    const auto getty = start_with(again, {"{line}", "1200"});
    again.expect("drop-in:");
    CHECK(speed_of(again) == B1200);
    // Standard input as the line is known by its name.
    pty::Line standard;
    const auto on_input = standard.start_on({.arguments = {pty::World::getty(), "-"}});
    standard.expect("drop-in:");
}

TEST_CASE("getty.conf: what is wrong is logged by file and line, and the prompt still comes") {
    pty::TestWorld world;
    world.write_file("/etc/getty.conf",
                     "[pts/*]\n"
                     "colour = blue\n"
                     "prompt = here:\n"
                     "timeout = soon\n");
    pty::Line line;
    const auto getty = start_with(line, {"{line}"});
    line.expect("here:");
    world.wait_for_log("/etc/getty.conf:2: unknown key \"colour\"");
    world.wait_for_log("/etc/getty.conf:4: ");
    CHECK(world.count_log("getty.conf:") == 2);
}

TEST_CASE("getty.conf: next goes round sections on BREAK") {
    pty::TestWorld world;
    world.write_file("/etc/getty.conf",
                     "[pts/*]\nprompt = fast:\nspeed = 9600\nnext = slow\n"
                     "[slow]\nprompt = slow:\nspeed = 300\nnext = pts/*\n");
    pty::Line line;
    const auto getty = start_with(line, {"{line}"});
    line.expect("fast:");
    send_break(line);
    line.expect("slow:");
    CHECK(speed_of(line) == B300);
    send_break(line);
    line.expect("fast:");
    CHECK(speed_of(line) == B9600);
}

TEST_CASE("ttys: the terminal type of the line, which an operand overrules") {
    pty::TestWorld world;
    pty::add_person(world, ann);
    pty::Line line;
    world.write_file("/etc/ttys",
                     line.name() + " \"/usr/libexec/getty std.9600\" vt320 on\n" +
                         "other \"x\" vt100 sideways\n");
    {
        const auto getty = start_with(line, {"{line}"});
        world.wait_for_log("/etc/ttys:2: ");
        pty::log_in(line, "ann", "secret");
        CHECK(pty::ask_shell(line, "echo \"[$TERM]\"").find("[vt320]") != std::string::npos);
    }
    const auto getty = start_with(line, {"{line}", "vt52"});
    pty::log_in(line, "ann", "secret");
    CHECK(pty::ask_shell(line, "echo \"[$TERM]\"").find("[vt52]") != std::string::npos);
}

TEST_CASE("Errors are on the line and in the log: a bad speed") {
    pty::TestWorld world;
    pty::Line line;
    auto getty = start_with(line, {"{line}", "115200x9"});
    line.expect("\"115200x9\" is not a speed");
    world.wait_for_log("\"115200x9\" is not a speed");
    // No sooner than init's respawn guard, and with a status of its own.
    CHECK(getty.is_running());
    CHECK(getty.wait_exit(60s) == pty::Exit{.status = 2});
}
