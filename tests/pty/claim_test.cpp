#include "common/syscall.hpp"
#include "common/unique_fd.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/process_table.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string>

#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};
const pty::Account bob{.name = "bob", .user = 1002, .password = "bobs own"};

bool is_running(pid_t id) {
    const auto all = pty::running_processes();
    return std::any_of(all.begin(), all.end(), [&](const auto& process) {
        return process.id == id && process.state != 'Z';
    });
}

/// Waits until somebody has made the file.
bool comes(const std::string& path) {
    return pty::wait_until([&] { return ::access(path.c_str(), F_OK) == 0; });
}

pty::Process start_in(pty::Session session,
                      const pty::Line& line,
                      const std::vector<std::string>& options = {}) {
    pty::Command command{.arguments = pty::getty_command(options)};
    command.session = session;
    return line.start_for(command);
}

/// getty with the line on descriptor 0, 1 and 2 and "-" for its name.
pty::Process start_on_standard_input(pty::Session session, const pty::Line& line) {
    pty::Command command{
        .arguments = {pty::World::getty(), "-l", pty::World::login(), "-", "dumb"}};
    command.session = session;
    return line.start_on(command);
}

/// errno of an open(2) as somebody else; 0 when it succeeds.
int problem_of_open_as(uid_t user, const std::string& path) {
    // Only what counts for files; the process stays who it is.
    ::setfsgid(user);
    ::setfsuid(user);
    const common::UniqueFd line{::open(path.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
    const int problem = line.is_open() ? 0 : errno;
    ::setfsuid(0);
    ::setfsgid(0);
    return problem;
}

}  // namespace

TEST_CASE("getty that leads a group and no session gets its session all the same") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    auto getty = start_in(pty::Session::group_leader, line);
    line.expect("login: ");
    const pid_t leader = line.session();
    CHECK(leader != getty.id());
    CHECK(pty::descendants_of(getty.id()) == std::vector<pid_t>{leader});
    const auto waiting = record_of(world, line);
    CHECK(waiting.type == LOGIN_PROCESS);
    CHECK(waiting.process == leader);
    CHECK(waiting.session == leader);

    line.send("ann\r");
    line.expect("Password: ");
    line.send("secret\r");
    line.expect(pty::shell_prompt);
    CHECK(record_of(world, line).process == leader);
    CHECK(record_of(world, line).session == line.session());
    line.send("exit\r");
    CHECK(getty.wait_exit() == pty::Exit{.status = 0});
    CHECK(record_of(world, line).type == DEAD_PROCESS);
    CHECK_FALSE(is_running(leader));
}

TEST_CASE("a group leader's getty hands on the exit status of what it has become") {
    const pty::TestWorld world;
    world.write_file("/run/seven", "#!/bin/sh\nexit 7\n", 0755);
    world.write_file("/run/killed", "#!/bin/sh\nkill -KILL $$\n", 0755);
    struct Case {
        std::string program;
        int status;
    };
    for (const Case& expected : {Case{"/run/seven", 7}, Case{"/run/killed", 128 + SIGKILL}}) {
        CAPTURE(expected.program);
        pty::Line line;
        pty::Command command{.arguments = {pty::World::getty(), "-l", expected.program, "{line}"}};
        command.session = pty::Session::group_leader;
        auto getty = line.start_for(command);
        line.expect("login: ");
        line.send("ann\r");
        CHECK(getty.wait_exit() == pty::Exit{.status = expected.status});
    }
}

TEST_CASE("a group leader's getty hands on the signal that ends it") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);

    SUBCASE("at the prompt") {
        pty::Line line;
        auto getty = start_in(pty::Session::group_leader, line);
        line.expect("login: ");
        const pid_t leader = line.session();
        getty.signal(SIGTERM);
        CHECK(getty.wait_exit() == pty::Exit{.status = 128 + SIGTERM});
        CHECK_FALSE(is_running(leader));
    }
    SUBCASE("in a session, which is closed first") {
        pty::Line line;
        auto getty = start_in(pty::Session::group_leader, line);
        const pid_t leader = (line.expect("login: "), line.session());
        line.send("ann\r");
        line.expect("Password: ");
        line.send("secret\r");
        line.expect(pty::shell_prompt);
        const pid_t shell = line.session();
        getty.signal(SIGTERM);
        CHECK(getty.wait_exit().signal == 0);
        CHECK_FALSE(is_running(leader));
        CHECK_FALSE(is_running(shell));
        CHECK(record_of(world, line).type == DEAD_PROCESS);
        CHECK(line.owner() == pty::nobodys_line);
    }
    SUBCASE("even one that cannot be handed on") {
        pty::Line line;
        auto getty = start_in(pty::Session::group_leader, line);
        line.expect("login: ");
        const pid_t leader = line.session();
        getty.signal(SIGKILL);
        // Else the next getty finds this one on its line.
        CHECK(pty::wait_until([&] { return !is_running(leader); }));
    }
}

TEST_CASE(
    "getty works with an empty environment, as a member of a group, with closed descriptors") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    for (const auto session :
         {pty::Session::leader, pty::Session::group_leader, pty::Session::member}) {
        for (const auto standard : {pty::Standard::null, pty::Standard::closed}) {
            CAPTURE(static_cast<int>(session));
            CAPTURE(static_cast<int>(standard));
            pty::Line line;
            pty::Command command{.arguments = pty::getty_command()};
            command.session = session;
            command.standard = standard;
            const auto getty = line.start_for(command);
            log_in(line, "ann", "secret");
            CHECK(ask_shell(line, "tty") == line.path() + "\r\n");
        }
    }
}

TEST_CASE("getty serves standard input under the name the kernel knows") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    for (const auto session :
         {pty::Session::leader, pty::Session::leader_with_terminal, pty::Session::group_leader}) {
        CAPTURE(static_cast<int>(session));
        pty::Line line;
        auto getty = start_on_standard_input(session, line);
        log_in(line, "ann", "secret");
        CHECK(ask_shell(line, "tty") == line.path() + "\r\n");
        CHECK(record_of(world, line).type == USER_PROCESS);
        CHECK(record_of(world, line).session == line.session());
        CHECK(line.owner().user == ann.user);
        line.send("exit\r");
        CHECK(getty.wait_exit() == pty::Exit{.status = 0});
        CHECK(record_of(world, line).type == DEAD_PROCESS);
        CHECK(line.owner() == pty::nobodys_line);
    }
}

TEST_CASE("what an old process holds of the line is dead once the prompt is up (T-10)") {
    const pty::TestWorld world;
    world.add_user(ann);
    pty::Line line;
    // As after a session of ann's.
    common::check(::chown(line.path().c_str(), ann.user, 5), "chown");
    REQUIRE(problem_of_open_as(ann.user, line.path()) == 0);
    const common::UniqueFd old{common::check(
        ::open(line.path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK), "open")};
    const termios modes = line.modes();

    const auto getty = start_getty(line);
    line.expect("login: ");
    // Something to steal, if it could be read.
    line.send("an");
    line.expect("an");

    std::array<char, 16> buffer{};
    CHECK(::read(old.get(), buffer.data(), buffer.size()) == 0);
    CHECK(::tcsetattr(old.get(), TCSANOW, &modes) == -1);
    CHECK(errno == EIO);
    CHECK(::ioctl(old.get(), TIOCSTI, "x") == -1);
    CHECK(errno == EIO);
    CHECK(::write(old.get(), "x", 1) == -1);
    CHECK(errno == EIO);
    CHECK(problem_of_open_as(ann.user, line.path()) == EACCES);
    CHECK(problem_of_open_as(bob.user, line.path()) == EACCES);
}

TEST_CASE("nothing that a person has made of a line beside its modes meets the next one (T-10)") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, bob);
    pty::Line line;
    // As after a session of somebody who has left a process behind.
    const common::UniqueFd old{common::check(
        ::open(line.path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK), "open")};

    SUBCASE("output stopped so that no key starts it") {
        REQUIRE(::tcflow(old.get(), TCOOFF) == 0);
        const auto getty = start_getty(line);
        log_in(line, bob.name, bob.password);
    }
    SUBCASE("a line that is root's alone to open, as /dev/tty too") {
        REQUIRE(::ioctl(old.get(), TIOCEXCL) == 0);
        const auto getty = start_getty(line);
        log_in(line, bob.name, bob.password);
        CHECK(ask_shell(line, "echo open >/dev/tty") == "open\r\n");
    }
    SUBCASE("a discipline that knows no modes") {
        const int knows_nothing = 27;  // N_NULL
        if (::ioctl(old.get(), TIOCSETD, &knows_nothing) != 0) {
            tests::skip("this kernel has no N_NULL");
        }
        const auto getty = start_getty(line);
        log_in(line, bob.name, bob.password);
    }
    SUBCASE("the same on standard input, which nobody hangs up") {
        const int knows_nothing = 27;
        REQUIRE(::tcflow(old.get(), TCOOFF) == 0);
        REQUIRE(::ioctl(old.get(), TIOCEXCL) == 0);
        if (::ioctl(old.get(), TIOCSETD, &knows_nothing) != 0) {
            tests::skip("this kernel has no N_NULL");
        }
        const auto getty = start_on_standard_input(pty::Session::leader, line);
        log_in(line, bob.name, bob.password);
        CHECK(ask_shell(line, "echo open >/dev/tty") == "open\r\n");
    }
}

TEST_CASE("a spy left behind by one person reads nothing of the next (T-10)") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    add_person(world, bob);
    world.write_file("/home/ann/spy",
                     "trap '' HUP TTIN TTOU\n"
                     "echo $$ >spy.pid\n"
                     "until test -e go; do sleep 0.05; done\n"
                     "while :; do\n"
                     "    cat <&3 >>loot 2>&1\n"
                     "    cat </dev/pts/0 >>loot 2>/dev/null\n"
                     "    echo evil >&3\n"
                     "    sleep 0.01\n"
                     "done\n");
    pty::Line line;
    REQUIRE(line.path() == "/dev/pts/0");
    auto first = start_getty(line);
    log_in(line, "ann", "secret");
    ask_shell(line, "sh ./spy 3<>/dev/tty 2>/dev/null &");
    const std::string its_id = "/home/ann/spy.pid";
    REQUIRE(comes(its_id));
    line.send("exit\r");
    CHECK(first.wait_exit() == pty::Exit{.status = 0});

    const auto second = start_getty(line);
    line.expect("login: ");
    world.write_file("/home/ann/go", "");
    REQUIRE(comes("/home/ann/loot"));
    line.send("bob\r");
    line.expect("Password: ");
    line.send("bobs own\r");
    line.expect(pty::shell_prompt);
    CHECK(ask_shell(line, "id -un") == "bob\r\n");
    CHECK(is_running(std::stoi(world.read_file(its_id))));
    CHECK(line.transcript().find("evil") == std::string::npos);
    CHECK(world.read_file("/home/ann/loot").find("bob") == std::string::npos);
}

TEST_CASE("a line with somebody logged in on it is not touched: getty waits for the end") {
    pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    auto first = pty::start_getty(line);
    pty::log_in(line, "ann", "secret");
    const pid_t session = line.session();

    const auto second = pty::start_getty(line);
    world.wait_for_log("\"ann\" is logged in on it (session " + std::to_string(session) + ")");
    CHECK(pty::ask_shell(line, "id -un") == "ann\r\n");
    CHECK(line.session() == session);
    CHECK(line.owner().user == ann.user);

    line.send("exit\r");
    CHECK(first.wait_exit() == pty::Exit{.status = 0});
    line.expect("box login: ");
    CHECK(line.session() == second.id());
    CHECK(world.count_log("is logged in on it") == 1);
}

TEST_CASE("two gettys of one line do not throw each other off it for ever") {
    pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    auto first = pty::start_getty(line);
    line.expect("box login: ");
    auto second = pty::start_getty(line);
    world.wait_for_log("another getty (process " + std::to_string(second.id()) + ") has taken it");
    CHECK(first.is_running());

    pty::log_in(line, "ann", "secret");
    CHECK(pty::ask_shell(line, "id -un") == "ann\r\n");
    line.send("exit\r");
    CHECK(second.wait_exit() == pty::Exit{.status = 0});
    line.expect("box login: ");
    CHECK(line.session() == first.id());
}

TEST_CASE("who only holds on to a line is no session where no record tells") {
    const pty::TestWorld world;
    world.remove_file("/run/utmp");
    pty::Line line;
    pty::Command squatter{.arguments = {"/bin/sleep", "1000"}};
    squatter.session = pty::Session::leader_with_terminal;
    const auto holder = line.start_on(squatter);
    const auto getty = pty::start_getty(line);
    line.expect("box login: ");
    CHECK(line.session() == getty.id());
}

TEST_CASE("who only holds on to a line is no session, whatever an old record says") {
    const pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    {
        auto getty = pty::start_getty(line);
        pty::log_in(line, "ann", "secret");
        // Its record stays: nobody is left to end it.
        getty.signal(SIGKILL);
        (void)getty.wait_exit();
    }
    world.kill_everybody();
    CHECK(record_of(world, line).type == USER_PROCESS);
    pty::Command squatter{.arguments = {"/bin/sleep", "1000"}};
    squatter.session = pty::Session::leader_with_terminal;
    const auto holder = line.start_on(squatter);
    const auto getty = pty::start_getty(line);
    line.expect("box login: ");
    CHECK(line.session() == getty.id());
}
