#include "common/syscall.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/process_table.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <string>
#include <vector>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};
const pty::Account bob{.name = "bob", .user = 1002, .password = "bobs own"};

pty::Process start_for_consoles() {
    return pty::Process{
        {.arguments = {pty::World::getty(), "-l", pty::World::login(), "@console", "dumb"}}};
}

bool is_running(pid_t id) {
    const auto all = pty::running_processes();
    return std::any_of(all.begin(), all.end(), [&](const auto& process) {
        return process.id == id && process.state != 'Z';
    });
}

bool is_any_running(const std::vector<pid_t>& ids) {
    return std::any_of(ids.begin(), ids.end(), is_running);
}

/// From here on fork(2) fails as on a machine that is full.
void refuse_processes() {
    constexpr unsigned refused = SECCOMP_RET_ERRNO | EAGAIN;
    std::array<sock_filter, 4> filter{{
        {.code = BPF_LD | BPF_W | BPF_ABS, .jt = 0, .jf = 0, .k = offsetof(seccomp_data, nr)},
        {.code = BPF_JMP | BPF_JEQ | BPF_K, .jt = 0, .jf = 1, .k = SYS_clone},
        {.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = refused},
        {.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = SECCOMP_RET_ALLOW},
    }};
    const sock_fprog program{.len = filter.size(), .filter = filter.data()};
    common::check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "give up privileges to come");
    common::check(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), "refuse processes");
}

}  // namespace

// --- "Every active console" ---

TEST_CASE("every active console from one entry: a prompt and a login on each") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    add_person(world, bob);
    pty::Line first;
    pty::Line second;
    pty::set_active_consoles(world, first.name() + " " + second.name() + "\n");
    auto getty = start_for_consoles();
    first.expect("login: ");
    second.expect("login: ");
    CHECK(pty::descendants_of(getty.id()).size() == 2);
    CHECK(record_of(world, first).type == LOGIN_PROCESS);
    CHECK(record_of(world, second).type == LOGIN_PROCESS);

    first.send("ann\r");
    second.send("bob\r");
    first.expect("Password: ");
    second.expect("Password: ");
    first.send("secret\r");
    second.send("bobs own\r");
    first.expect(pty::shell_prompt);
    second.expect(pty::shell_prompt);
    CHECK(ask_shell(first, "tty") == first.path() + "\r\n");
    CHECK(ask_shell(second, "tty") == second.path() + "\r\n");
    CHECK(record_of(world, first).user == "ann");
    CHECK(record_of(world, second).user == "bob");

    // The end of one is nothing to the other.
    first.send("exit\r");
    first.expect("login: ");
    CHECK(ask_shell(second, "id -un") == "bob\r\n");
    CHECK(getty.is_running());
}

TEST_CASE("every active console: a child that ends is started again, with growing pauses") {
    const pty::TestWorld world;
    pty::Line line;
    pty::set_active_consoles(world, line.name() + "\n");
    auto getty = start_for_consoles();
    line.expect("login: ");
    std::vector<pty::Clock::duration> waits;
    for (int times = 0; times < 4; ++times) {
        const auto children = pty::descendants_of(getty.id());
        REQUIRE(children.size() == 1);
        const auto start = pty::Clock::now();
        ::kill(children.front(), SIGKILL);
        line.expect("login: ", 60'000ms);
        waits.push_back(pty::Clock::now() - start);
    }
    CHECK(waits[1] >= 1s);
    CHECK(waits[2] >= 2s);
    CHECK(waits[3] >= 4s);
    CHECK(getty.is_running());
}

TEST_CASE("every active console: a signal to the parent ends all of them, and no orphan is left") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    for (const int number : {SIGTERM, SIGHUP, SIGKILL}) {
        CAPTURE(number);
        pty::Line waiting;
        pty::Line busy;
        pty::set_active_consoles(world, waiting.name() + " " + busy.name() + "\n");
        auto getty = start_for_consoles();
        waiting.expect("login: ");
        log_in(busy, "ann", "secret");
        const auto children = pty::descendants_of(getty.id());
        CHECK(children.size() == 3);
        getty.signal(number);
        const auto exit = getty.wait_exit();
        if (number == SIGKILL) {
            CHECK(pty::wait_until([&] { return !is_any_running(children); }));
        } else {
            CHECK(exit == pty::Exit{.status = 128 + number});
            // Who starts the next one at once finds no line taken.
            CHECK_FALSE(is_any_running(children));
        }
        CHECK(record_of(world, busy).type == DEAD_PROCESS);
        CHECK(busy.owner() == pty::nobodys_line);
    }
}

TEST_CASE("every active console: one that is not there is waited for, the others have prompts") {
    pty::TestWorld world;
    pty::Line line;
    pty::set_active_consoles(world, "ttyABSENT " + line.name() + "\n");
    auto getty = start_for_consoles();
    line.expect("login: ");
    CHECK(world.wait_for_log("ttyABSENT").find("waiting for it") != std::string::npos);
    CHECK(pty::descendants_of(getty.id()).size() == 2);
}

TEST_CASE("every active console: none is an error with a reason") {
    pty::TestWorld world;
    pty::set_active_consoles(world, "\n");
    auto getty = start_for_consoles();
    world.wait_for_log("no active console");
    constexpr int no_terminal = 3;
    CHECK(getty.wait_exit(60'000ms) == pty::Exit{.status = no_terminal});
}

TEST_CASE("every active console: a machine that can start no process for now ends no session") {
    pty::TestWorld world;
    pty::set_active_consoles(world, "pts/77\n");
    auto getty = pty::Process{
        {.arguments = {pty::World::getty(), "-l", pty::World::login(), "@console", "dumb"},
         .before_exec = refuse_processes}};
    world.wait_for_log("cannot be started now");
    CHECK_THROWS(getty.wait_exit(1'500ms));
    CHECK(getty.is_running());
    CHECK(world.count_log("cannot be started now") == 1);
}
