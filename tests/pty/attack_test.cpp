// Each case here was a defect once: somebody tried to break a promise, and did.
#include "tests/pty/dialogue.hpp"
#include "tests/pty/test_world.hpp"
#include "tests/pty/wait.hpp"

#include <csignal>
#include <fstream>
#include <iterator>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

const pty::Account ann{.name = "ann", .password = "secret"};

std::string command_line_of(pid_t process) {
    std::ifstream file{"/proc/" + std::to_string(process) + "/cmdline", std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

mode_t mode_of(const char* path) {
    struct stat status {};
    REQUIRE(::stat(path, &status) == 0);
    return status.st_mode;
}

}  // namespace

TEST_CASE("what was typed as a name is not in login's arguments afterwards (T-25)") {
    const pty::TestWorld world;
    pty::choose_gate(world, pty::Gate::shadow);
    pty::add_person(world, ann);
    pty::Line line;
    const auto login = pty::start_getty(line);
    line.expect("login: ");
    line.send("hunter2hunter2\r");
    line.expect("Password: ");
    line.send("x\r");
    line.expect("login: ");
    CHECK(command_line_of(login.id()).find("hunter2") == std::string::npos);
    line.send("ann\r");
    line.expect("Password: ");
    line.send("secret\r");
    line.expect(pty::shell_prompt);
    CHECK(command_line_of(login.id()).find("hunter2") == std::string::npos);
}

TEST_CASE("getty does not take what is everybody's: /dev/ptmx, /dev/tty, a path with ..") {
    const pty::TestWorld world;
    const mode_t terminal_maker = mode_of("/dev/ptmx");
    const mode_t own_terminal = mode_of("/dev/tty");
    pty::Line line;
    constexpr int no_terminal = 3;
    for (const char* name : {"ptmx", "tty", "../dev/pts/0"}) {
        CAPTURE(std::string{name});
        auto getty = line.start_on({.arguments = {pty::World::getty(), name},
                                    .session = pty::Session::leader_with_terminal});
        CHECK(getty.wait_exit(60'000ms) == pty::Exit{.status = no_terminal});
    }
    CHECK(mode_of("/dev/ptmx") == terminal_maker);
    CHECK(mode_of("/dev/tty") == own_terminal);
}

TEST_CASE("a securetty that cannot be read lists no line") {
    const pty::TestWorld world;
    pty::choose_gate(world, pty::Gate::shadow);
    world.set_password("root", "secret");
    REQUIRE(::mkfifo("/etc/securetty", 0600) == 0);
    pty::Line line;
    const auto login = pty::start_getty(line);
    line.expect("login: ");
    line.send("root\r");
    line.expect("Password: ");
    line.send("secret\r");
    line.expect("Root cannot log in on this line");
    CHECK(line.transcript().find(pty::shell_prompt) == std::string::npos);
    CHECK(pty::record_of(world, line).user != "root");
}

TEST_CASE("login under setsid leaves a live session its terminal (T-35)") {
    const pty::TestWorld world;
    pty::choose_gate(world, pty::Gate::shadow);
    pty::add_person(world, ann);
    pty::Line line;
    const auto shell = pty::start_getty(line);
    pty::log_in(line, "ann", "secret");
    const auto owner = line.owner();
    auto thief =
        line.start_on({.arguments = {pty::World::login(), "ann"}, .session = pty::Session::leader});
    CHECK(thief.wait_exit() == pty::Exit{.status = 1});
    CHECK(line.transcript().find("use: exec login") != std::string::npos);
    CHECK(line.owner() == owner);
}

TEST_CASE("a hang-up that comes while the session opens is not lost") {
    const pty::TestWorld world;
    pty::choose_gate(world, pty::Gate::pam);
    pty::add_person(world, ann);
    world.write_file("/run/hold",
                     "#!/bin/sh\n: >/run/opening\n"
                     "until test -e /run/go; do sleep 0.05; done\n",
                     0755);
    world.append_file("/etc/pam.d/login", "session required pam_exec.so quiet /run/hold\n");
    pty::Line line;
    auto login = pty::start_getty(line);
    line.expect("login: ");
    line.send("ann\r");
    line.expect("Password: ");
    line.send("secret\r");
    REQUIRE(pty::wait_until([] { return ::access("/run/opening", F_OK) == 0; }));
    login.signal(SIGHUP);
    world.write_file("/run/go", "");
    CHECK(login.wait_exit() == pty::Exit{.status = 1});
    CHECK(line.transcript().find(pty::shell_prompt) == std::string::npos);
}

TEST_CASE("a stopped line does not stretch the time for a login (T-24)") {
    const pty::TestWorld world;
    pty::choose_gate(world, pty::Gate::shadow);
    world.append_file("/etc/ttygate/login.conf", "LOGIN_TIMEOUT 3\n");
    pty::Line line;
    auto login = pty::start_getty(line);
    line.expect("login: ");
    line.send("nobody\r");
    line.expect("Password: ");
    line.send("\x13");
    line.send("x\r");
    CHECK(login.wait_exit() == pty::Exit{.status = 1});
}
