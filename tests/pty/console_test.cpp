#include "common/syscall.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/test_world.hpp"

#include <csignal>
#include <fstream>
#include <string>

#include <sys/mount.h>
#include <termios.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};

/// A file of the machine replaced in this World.
void cover(const pty::World& world, const char* file, std::string_view text, mode_t mode = 0644) {
    static int count = 0;
    const std::string stand_in = "/run/stand-in-" + std::to_string(++count);
    world.write_file(stand_in, text, mode);
    common::check(::mount(stand_in.c_str(), file, nullptr, MS_BIND, nullptr), "bind over", file);
}

std::string text_of(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

constexpr const char* kernel_levels = "/proc/sys/kernel/printk";

bool is_quiet() {
    return text_of(kernel_levels).starts_with("1");
}

/// "Max cpu time             60                   unlimited            seconds"
std::string processor_limit(pid_t process) {
    const std::string limits = text_of("/proc/" + std::to_string(process) + "/limits");
    const std::size_t start = limits.find("Max cpu time");
    const std::string row = limits.substr(start, limits.find('\n', start) - start);
    const std::size_t value = row.find_first_not_of(' ', 12);
    return row.substr(value, row.find(' ', value) - value);
}

}  // namespace

TEST_CASE("Waits for kernel messages to settle: --quiet-console while a prompt is up") {
    pty::TestWorld world;
    pty::add_person(world, ann);
    cover(world, kernel_levels, "4\t4\t1\t7\n");
    pty::Line line;
    auto getty = pty::start_getty(line, {"--quiet-console"});
    line.expect("box login: ");
    CHECK(is_quiet());

    SUBCASE("until somebody logs in") {
        line.send("ann\r");
        line.expect("Password: ");
        CHECK(text_of(kernel_levels).starts_with("4"));
    }
    SUBCASE("until getty is ended") {
        getty.signal(SIGTERM);
        CHECK(getty.wait_exit() == pty::Exit{.signal = SIGTERM});
        CHECK(text_of(kernel_levels).starts_with("4"));
    }
    SUBCASE("until the line is gone") {
        line.close_master();
        CHECK(pty::wait_until([] { return text_of(kernel_levels).starts_with("4"); }));
    }
}

TEST_CASE("the kernel's levels are put back, though only a later entry quiets the console") {
    pty::TestWorld world;
    cover(world, kernel_levels, "4\t4\t1\t7\n");
    world.write_file("/etc/getty.conf",
                     "[pts/*]\nnext = second\n[second]\nprompt = Second:\nquiet-console = yes\n");
    pty::Line line;
    auto getty = pty::start_getty(line);
    line.expect("box login: ");
    line.expect_nothing(150ms);
    line.send(std::string(1, '\0'));
    line.expect("Second:");
    REQUIRE(is_quiet());
    getty.signal(SIGTERM);
    CHECK(getty.wait_exit() == pty::Exit{.signal = SIGTERM});
    CHECK(text_of(kernel_levels).starts_with("4"));
}

TEST_CASE("without --quiet-console the kernel's levels are left alone") {
    pty::TestWorld world;
    cover(world, kernel_levels, "4\t4\t1\t7\n");
    pty::Line line;
    const auto getty = pty::start_getty(line);
    line.expect("box login: ");
    CHECK(text_of(kernel_levels) == "4\t4\t1\t7\n");
}

TEST_CASE("No login program: on a console sulogin takes over, if that is asked for") {
    pty::TestWorld world;
    pty::Line line;
    cover(world,
          "/sbin/sulogin",
          "#!/bin/sh\nstty | grep -c -- -echo\necho \"rescue on $(tty)\"\nexec sleep 1000\n",
          0755);
    const auto start = [&](std::vector<std::string> options) {
        std::vector<std::string> words{pty::World::getty(), "-l", "/run/none"};
        words.insert(words.end(), options.begin(), options.end());
        words.insert(words.end(), {"{line}", "dumb"});
        return line.start_for({.arguments = std::move(words)});
    };
    const std::string consoles = "/sys/class/tty/console/active";

    SUBCASE("on a console") {
        cover(world, consoles.c_str(), "tty0 " + line.name() + "\n");
        const auto getty = start({"--sulogin"});
        line.expect("box login: ");
        line.send("ann\r");
        line.expect("/run/none cannot be run");
        line.expect("0\r\nrescue on " + line.path());
        CHECK(line.session() == getty.id());
        world.wait_for_log("handing " + line.name() + " over to /sbin/sulogin");
    }
    SUBCASE("not on another line") {
        cover(world, consoles.c_str(), "tty0 ttyS0\n");
        const auto getty = start({"--sulogin"});
        line.expect("box login: ");
        line.send("ann\r");
        // All of it: the kernel hands a line on in pieces.
        line.expect("/run/none cannot be run: No such file or directory");
        line.expect("\n");
        line.expect_nothing(500ms);
    }
    SUBCASE("not unasked") {
        cover(world, consoles.c_str(), line.name() + "\n");
        const auto getty = start({});
        line.expect("box login: ");
        line.send("ann\r");
        // All of it: the kernel hands a line on in pieces.
        line.expect("/run/none cannot be run: No such file or directory");
        line.expect("\n");
        line.expect_nothing(500ms);
    }
}

TEST_CASE("CPU limit so that noise cannot spin: for getty, not for the session") {
    pty::TestWorld world;
    pty::add_person(world, ann);
    pty::Line line;
    const auto getty = pty::start_getty(line);
    line.expect("box login: ");
    // Before it waits, which is after the prompt.
    CHECK(pty::wait_until([&] { return processor_limit(getty.id()) == "60"; }));
    line.send("ann\r");
    line.expect("Password: ");
    CHECK(processor_limit(getty.id()) == "unlimited");
    line.send("secret\r");
    line.expect(pty::shell_prompt);
    CHECK(pty::ask_shell(line, "ulimit -t") == "unlimited\r\n");
}

TEST_CASE("8-bit and UTF-8 by default; 7 bits and parity when asked and found") {
    pty::TestWorld world;
    world.write_file("/run/show", "#!/bin/sh\necho \"name=$2\"\nstty -a\nexec sleep 1000\n", 0755);
    const auto serve = [](const pty::Line& line, std::vector<std::string> options) {
        std::vector<std::string> words{pty::World::getty(), "-l", "/run/show"};
        words.insert(words.end(), options.begin(), options.end());
        words.insert(words.end(), {"{line}", "dumb"});
        return line.start_for({.arguments = std::move(words)});
    };
    {
        pty::Line line;
        const auto getty = serve(line, {});
        line.expect("box login: ");
        line.send("j\xc3\xb6rg\r");
        line.expect("name=j\xc3\xb6rg");
        line.expect(" -istrip");
    }
    {
        pty::Line line;
        const auto getty = serve(line, {"--detect-parity"});
        line.expect("box login: ");
        // Return and line feed are one answer, whatever the eighth bit of them is.
        line.send("\x8d\x8a");
        line.expect("box login: ");
        line.expect_nothing(300ms);
    }
    // "ann" and Return with even parity: 'a' has three bits set, 'n' five, CR three.
    pty::Line line;
    const auto getty = serve(line, {"--detect-parity"});
    line.expect("box login: ");
    line.send("\xe1\xee\xee\x8d");
    line.expect("name=ann");
    line.expect(" istrip");
}

TEST_CASE("Console speed: what the kernel's command line says of the line") {
    pty::TestWorld world;
    pty::Line line;
    cover(world, "/proc/cmdline", "quiet console=tty0 console=" + line.name() + ",19200n8\n");
    const auto speed = [&line] {
        const termios modes = line.modes();
        return ::cfgetospeed(&modes);
    };
    SUBCASE("where it is asked for") {
        const auto getty =
            line.start_for({.arguments = {pty::World::getty(), "{line}", "console", "dumb"}});
        line.expect("box login: ");
        CHECK(speed() == B19200);
    }
    SUBCASE("not against an operand") {
        const auto getty =
            line.start_for({.arguments = {pty::World::getty(), "{line}", "1200", "dumb"}});
        line.expect("box login: ");
        CHECK(speed() == B1200);
    }
    SUBCASE("not where the kernel says nothing of the line") {
        cover(world, "/proc/cmdline", "quiet console=ttyS7,19200n8\n");
        const auto getty =
            line.start_for({.arguments = {pty::World::getty(), "{line}", "console", "dumb"}});
        line.expect("box login: ");
        CHECK(speed() == B38400);  // what a pseudo terminal has
    }
}

TEST_CASE("Errors are on the line and in the log: a refused name, a directory that is not there") {
    pty::TestWorld world;
    pty::Line line;
    {
        const auto getty = pty::start_getty(line);
        line.expect("box login: ");
        line.send("-froot\r");
        line.expect("That cannot be a name");
        line.expect("box login: ");
        world.wait_for_log("refused a name on " + line.name());
    }
    auto getty = pty::start_getty(line, {"--chdir", "/nowhere"});
    line.expect("box login: ");
    line.send("ann\r");
    line.expect("/nowhere");
    world.wait_for_log("/nowhere");
    CHECK(getty.wait_exit(60s) == pty::Exit{.status = 5});
}

TEST_CASE("UTF-8 names and editing: by character, by word, all of it, and begun again") {
    pty::TestWorld world;
    world.write_file("/run/show", "#!/bin/sh\necho \"name=<$2>\"\nexec sleep 1000\n", 0755);
    struct Case {
        std::string_view keys;
        std::string_view name;
    };
    for (const Case& c : {Case{"j\xc3\xb6rg\r", "j\xc3\xb6rg"},
                          Case{"j\xc3\xb6\x7f\x7fk\xc3\xa9vin\r", "k\xc3\xa9vin"},
                          Case{"\xe4\xb8\xad\xe6\x96\x87\x7f\r", "\xe4\xb8\xad"},
                          Case{"nobody\x15"
                               "ann\r",
                               "ann"},
                          Case{"nobody\x17"
                               "ann\n",
                               "ann"},
                          Case{"nobody\x03"
                               "ann\r",
                               "ann"},
                          Case{"an\x0cn\r", "ann"},
                          Case{"\x1b[200~ann\x1b[201~\r", "ann"}}) {
        CAPTURE(c.name);
        pty::Line line;
        const auto getty =
            line.start_for({.arguments = {pty::World::getty(), "-l", "/run/show", "{line}"}});
        line.expect("box login: ");
        line.send(c.keys);
        line.expect("name=<" + std::string{c.name} + ">");
    }
}
