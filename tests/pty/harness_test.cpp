#include "common/unique_fd.hpp"
#include "tests/pty/escaped.hpp"
#include "tests/pty/line.hpp"
#include "tests/pty/process_table.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

std::string machine_file(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

pty::Command shell(const std::string& script) {
    return {.arguments = {"/bin/sh", "-c", script}, .environment = {"PATH=/usr/bin:/bin"}};
}

pty::Command owning_shell(const std::string& script) {
    pty::Command command = shell(script);
    command.session = pty::Session::leader_with_terminal;
    return command;
}

bool is_there(const std::string& name) {
    const auto all = pty::running_processes();
    return std::any_of(all.begin(), all.end(), [&](const pty::RunningProcess& process) {
        return process.name == name && process.state != 'Z';
    });
}

/// What a wait that must fail says.
template <typename Wait>
std::string failure_of(Wait wait) {
    try {
        wait();
    } catch (const std::exception& problem) {
        return problem.what();
    }
    return {};
}

}  // namespace

TEST_CASE("transcripts show every byte") {
    CHECK(pty::escaped("login: \x1b[1m\xc3\xa4\r\n\x07$") == "login: \\e[1m\\xc3\\xa4\\r\\n\n\\a$");
}

TEST_CASE("a line echoes, and cat answers") {
    const pty::TestWorld world;
    pty::Line line;
    auto cat = line.start_on({.arguments = {"/bin/cat"}});
    line.send("hello\n");
    CHECK(line.expect("hello\r\n").empty());  // the echo
    CHECK(line.expect("hello\r\n").empty());  // and cat's
    line.expect_nothing(50ms);
    line.send("\x04");
    CHECK(cat.wait_exit() == pty::Exit{.status = 0});
}

TEST_CASE("an expectation that is not met shows the transcript and where it stands in the test") {
    const pty::TestWorld world;
    pty::Line line;
    const auto process = line.start_on(shell("printf 'one\\ntwo\\a'; sleep 100"));
    line.expect("one");
    const std::string failure = failure_of([&] { line.expect("three", 100ms); });
    CHECK(failure.find("harness_test.cpp:") != std::string::npos);
    CHECK(failure.find("no \"three\" within 100 ms") != std::string::npos);
    CHECK(failure.find("---- matched so far ----\none\n") != std::string::npos);
    CHECK(failure.find("\\r\\n\ntwo\\a") != std::string::npos);
}

TEST_CASE("something where nothing is expected fails") {
    const pty::TestWorld world;
    pty::Line line;
    const auto process = line.start_on(shell("sleep 0.1; echo late"));
    CHECK(failure_of([&] { line.expect_nothing(5s); }).find("late") != std::string::npos);
}

TEST_CASE("a line outlives a hang-up and is read again when it is opened again") {
    const pty::TestWorld world;
    pty::Line line;
    auto first = line.start_on(shell("echo first"));
    line.expect("first");
    line.expect_hang_up();
    CHECK(first.wait_exit() == pty::Exit{.status = 0});
    // Opened after a while, under a reader that has seen EIO all the time.
    const auto second = line.start_on(shell("sleep 0.2; echo second; sleep 100"));
    line.expect("second");
}

TEST_CASE("closing the master hangs up the session on the line") {
    const pty::TestWorld world;
    pty::Line line;
    auto process = line.start_on(owning_shell("echo ready; exec sleep 100"));
    line.expect("ready");
    CHECK(line.session() == process.id());
    CHECK(line.foreground_group() == process.id());
    line.close_master();
    CHECK(process.wait_exit() == pty::Exit{.signal = SIGHUP});
}

TEST_CASE("a session leader without a terminal has none, although its output is one") {
    const pty::TestWorld world;
    pty::Line line;
    auto process = line.start_on(shell("test -t 1 && (: </dev/tty) || echo none"));
    line.expect("none");
    CHECK(line.session() == 0);
}

TEST_CASE("a process that only knows the line by name") {
    const pty::TestWorld world;
    pty::Line line;
    auto process = line.start_for(shell("echo to {line} >/dev/{line}"));
    line.expect("to " + line.name());
    CHECK(process.wait_exit() == pty::Exit{.status = 0});
}

TEST_CASE("sizes, modes and owner of the line") {
    const pty::TestWorld world;
    pty::Line line;
    line.resize(30, 100);
    CHECK(line.window_size().ws_col == 100);
    const auto process = line.start_on(
        shell("stty size; stty -echo; chmod 600 /dev/" + line.name() + "; echo done; sleep 100"));
    line.expect("30 100");
    line.expect("done");
    CHECK((line.modes().c_lflag & ECHO) == 0U);
    CHECK((line.modes().c_lflag & ICANON) != 0U);
    CHECK(line.owner() == pty::Line::Owner{.user = 0, .group = 5, .mode = 0600});
}

TEST_CASE("a line that nobody reads stalls its writer until it is read again") {
    const pty::TestWorld world;
    pty::Line line;
    line.stop_reading();
    auto process = line.start_on(shell("head -c 100000 /dev/zero | tr '\\0' x; echo end"));
    pty::let_pass(300ms);
    CHECK(process.is_running());
    CHECK(line.transcript().empty());
    line.resume_reading();
    line.expect("end");
    CHECK(line.transcript().size() == 100'005);
}

TEST_CASE("a process gets the session, directory, limits, environment and descriptors asked for") {
    const pty::TestWorld world;
    auto command = shell("pwd; ulimit -n; env | sort; ls /proc/self/fd | wc -w");
    command.environment = {"PATH=/usr/bin:/bin", "A=b c"};
    command.directory = "/usr";
    command.limits = {{RLIMIT_NOFILE, {.rlim_cur = 50, .rlim_max = 50}}};
    // One that a careless part of the test program has left open for everybody.
    const common::UniqueFd careless{::open("/dev/null", O_RDONLY)};  // NOLINT(*-cloexec-*)
    const auto [exit, output] = pty::run(command);
    CHECK(exit == pty::Exit{.status = 0});
    // Four: 0, 1, 2 and the one ls reads the directory with.
    CHECK(output == "/usr\n50\nA=b c\nPATH=/usr/bin:/bin\nPWD=/usr\n4\n");
}

TEST_CASE("how processes end is told apart") {
    const pty::TestWorld world;
    CHECK(pty::run(shell("exit 3")).exit == pty::Exit{.status = 3});
    CHECK(pty::run(shell("kill -TERM $$")).exit == pty::Exit{.signal = SIGTERM});
    CHECK(failure_of([] { pty::Process{{.arguments = {"/no/such/program"}}}; }) ==
          "start /no/such/program: /no/such/program: No such file or directory");
    CHECK(failure_of([] { return pty::run(shell("sleep 100"), 100ms); }).find("still there") !=
          std::string::npos);
}

TEST_CASE("sessions and groups are as asked") {
    const pty::TestWorld world;
    using pty::Session;
    for (const auto session : {Session::leader, Session::group_leader, Session::member}) {
        pty::Command command{.arguments = {"/bin/sleep", "100"}};
        command.session = session;
        const pty::Process process{command};
        const bool leads_session = session == Session::leader;
        CHECK((::getsid(process.id()) == process.id()) == leads_session);
        CHECK((::getpgid(process.id()) == process.id()) == (session != Session::member));
    }
}

TEST_CASE("nothing survives its process or its World") {
    {
        pty::TestWorld world;
        {
            const pty::Process process{shell("cp /bin/sleep /tmp/child; /tmp/child 100 & wait")};
            CHECK(pty::wait_until([] { return is_there("child"); }));
        }
        CHECK(pty::wait_until([] { return !is_there("child"); }));
        // One that has left its parent, session and group.
        CHECK(pty::run(shell("cp /bin/sleep /tmp/stray; setsid -f /tmp/stray 100 >/dev/null 2>&1"))
                  .exit == pty::Exit{.status = 0});
        CHECK(pty::wait_until([] { return is_there("stray"); }));
    }
    CHECK_FALSE(is_there("stray"));
}

TEST_CASE("the machine does not see what a World does") {
    const std::string passwd = machine_file("/etc/passwd");
    const std::string mounts = machine_file("/proc/self/mounts");
    {
        const pty::TestWorld world;
        world.add_user({.name = "demo", .password = "demo"});
        world.write_file("/etc/ttygate/login.conf", "LOGIN_GATE shadow\n");
        CHECK(pty::run(shell("hostname; id -un 1000; id -gn 1000; ls -ld /home/demo"))
                  .output.starts_with("box\ndemo\ndemo\ndrwx------ 2 demo demo"));
        // Where the machine's own files are, even root cannot write.
        CHECK(::access("/usr/bin", W_OK) == -1);
        CHECK(errno == EROFS);
        CHECK(machine_file("/etc/passwd") != passwd);
    }
    CHECK(machine_file("/etc/passwd") == passwd);
    CHECK(machine_file("/proc/self/mounts") == mounts);
    CHECK(::access("/etc/ttygate/login.conf", F_OK) == -1);
    CHECK(::access("/home/demo", F_OK) == -1);
}

TEST_CASE("each World starts anew") {
    for (int round = 0; round < 2; ++round) {
        pty::TestWorld world;
        CHECK(world.log_lines().empty());
        CHECK(world.utmp().empty());
        const pty::Line line;
        CHECK(line.name() == "pts/0");
        world.add_user({.name = "demo"});
        CHECK(world.read_file("/etc/shadow").find("\ndemo::20000::::::\n") != std::string::npos);
    }
}

TEST_CASE("a World has the devices of a machine without a console") {
    const pty::TestWorld world;
    CHECK(pty::run(shell("cd /dev; echo *")).output ==
          "fd full log null ptmx pts random shm stderr stdin stdout tty urandom zero\n");
    CHECK(pty::run(shell("echo lost >/dev/null; head -c 3 /dev/zero | wc -c")).output == "3\n");
}

TEST_CASE("our programs stand where they are installed") {
    const pty::TestWorld world;
    CHECK(::access(pty::World::getty(), X_OK) == 0);
    CHECK(::access(pty::World::login(), X_OK) == 0);
}

TEST_CASE("what goes to the log is seen, one datagram at a time") {
    pty::TestWorld world;
    ::openlog("harness", 0, LOG_AUTHPRIV);
    ::syslog(LOG_INFO, "one %d", 1);
    ::syslog(LOG_ERR, "two");
    CHECK(world.wait_for_log("harness: one 1").starts_with("<86>"));
    CHECK(world.count_log("harness") == 2);
    CHECK(pty::run({.arguments = {"/usr/bin/logger", "-p", "auth.notice", "from outside"}}).exit ==
          pty::Exit{.status = 0});
    CHECK(world.wait_for_log("from outside").starts_with("<37>"));
    CHECK(failure_of([&] { world.wait_for_log("three", 50ms); }).find("harness: two") !=
          std::string::npos);
    ::closelog();
}

TEST_CASE("a log that fills up while nobody waits loses nothing once somebody does") {
    pty::TestWorld world;
    pty::Process writer{shell("i=0; while [ $i -lt 50 ]; do logger flood; i=$((i+1)); done")};
    CHECK(writer.wait_exit() == pty::Exit{.status = 0});
    CHECK(world.count_log("flood") == 50);
}

TEST_CASE("accounts can log in with their password and no other") {
    const pty::TestWorld world;
    world.add_user({.name = "ann", .user = 1001, .password = "secret"});
    world.set_password("root", "toor");
    pty::Line line;
    // root's own `su` asks nothing, so a user's does.
    const auto process = line.start_on(owning_shell("exec su ann"));
    line.send("su root -c 'id -un'\n");
    line.expect("Password: ");
    line.send("toor\n");
    line.expect("root\r\n");
    line.send("su root -c 'id -un'\n");
    line.expect("Password: ");
    line.send("wrong\n");
    line.expect("Authentication failure");
}

TEST_CASE("hashes of three methods") {
    CHECK(pty::hashed("x", "$y$").starts_with("$y$"));
    CHECK(pty::hashed("x", "$2b$").starts_with("$2b$04$"));
    CHECK(pty::hashed("x", "$6$").starts_with("$6$"));
}

#if TTYGATE_SANITIZED

// Skipped unless it is asked for, as below.
TEST_CASE("leaks" * doctest::skip()) {
    [[maybe_unused]] static const int* volatile lost = nullptr;
    lost = new int{1};
    lost = nullptr;
}

TEST_CASE("what a sanitizer finds in a program is not lost") {
    const pty::TestWorld world;
    pty::Command command{.arguments = {"harness", "--test-case=leaks", "--no-skip"}};
    command.program = "/proc/self/exe";
    CHECK(pty::run(command).exit != pty::Exit{.status = 0});
    const auto reports = world.sanitizer_reports();
    REQUIRE(reports.size() == 1);
    CHECK(reports.front().find("detected memory leaks") != std::string::npos);
    world.remove_file("/run/sanitizer");
}

#endif
