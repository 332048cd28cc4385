#include "common/unique_fd.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/pam_journal.hpp"
#include "tests/pty/process_cost.hpp"
#include "tests/pty/process_table.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <iterator>
#include <list>
#include <string>
#include <vector>

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};
const std::string watchdog_name = "login-watchdog";

/// A World in which PAM modules have this long.
void give_modules(const pty::World& world, int seconds) {
    world.append_file("/etc/ttygate/login.conf",
                      "LOGIN_MODULE_TIMEOUT " + std::to_string(seconds) + "\n");
}

std::vector<pty::RunningProcess> session_of(pid_t login) {
    auto all = pty::running_processes();
    all.erase(std::remove_if(all.begin(),
                             all.end(),
                             [&](const auto& process) {
                                 return process.session != login || process.state == 'Z';
                             }),
              all.end());
    return all;
}

std::size_t count_watchdogs() {
    const auto all = pty::running_processes();
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [](const auto& process) {
        return process.name == watchdog_name && process.state != 'Z';
    }));
}

std::size_t times_in(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

bool is_live(const pty::Record& record) {
    return record.type == LOGIN_PROCESS || record.type == USER_PROCESS;
}

/// A step of PAM's to hang in, and whether there is a shell before it.
struct Phase {
    std::string step;
    bool comes_after_the_shell;
};

const std::vector<Phase> phases{{"authenticate", false},
                                {"account", false},
                                {"password", false},
                                {"establish", false},
                                {"open", false},
                                {"close", true}};

/// The arguments that have the journal's module do all of it in the step.
std::string in_step(const std::string& step, const std::vector<std::string>& actions) {
    std::string arguments = "expired";
    for (const std::string& action : actions) {
        arguments.append(" ").append(step).append(":").append(action);
    }
    return arguments;
}

/// Somebody whose PAM stack hangs.
struct Victim {
    Victim(const Phase& in, const std::vector<std::string>& actions)
        : phase(in), visit(in.step + ": " + actions.front()) {}

    Phase phase;
    pty::Visit visit;
    pty::Clock::time_point asked{};  ///< for what hangs: before it can have begun
    pty::Clock::time_point begun{};
    pty::Clock::time_point gone{};
};

/// Notes who is in the step that hangs by now, and who has gone. Returns whether all have.
bool note_all(std::list<Victim>& victims) {
    const auto now = pty::Clock::now();
    std::size_t done = 0;
    for (Victim& victim : victims) {
        const auto steps = pty::PamJournal::steps_of(victim.visit.login.id());
        if (victim.begun == pty::Clock::time_point{} &&
            steps.find(victim.phase.step) != std::string::npos) {
            victim.begun = now;
        }
        if (victim.gone == pty::Clock::time_point{} && !victim.visit.login.is_running()) {
            victim.gone = now;
        }
        done += victim.gone != pty::Clock::time_point{} ? 1U : 0U;
    }
    return done == victims.size();
}

/// Everybody logs in as far as they come, and waits to be rid of.
void hang_all(std::list<Victim>& victims) {
    for (Victim& victim : victims) {
        if (victim.phase.comes_after_the_shell) {
            victim.visit.line.expect(pty::shell_prompt);
            victim.asked = pty::Clock::now();
            victim.visit.line.send("exit\r");
        }
    }
    CHECK(pty::wait_until([&] { return note_all(victims); }, 120s));
}

/// The bound that is promised. A machine that is busy may keep a single one longer.
void check_most_are_in_time(const std::list<Victim>& victims, std::chrono::seconds patience) {
    std::vector<pty::Clock::duration> times;
    for (const Victim& victim : victims) {
        times.push_back(victim.gone - victim.begun);
    }
    const auto middle = std::next(times.begin(), static_cast<std::ptrdiff_t>(times.size() / 2));
    std::nth_element(times.begin(), middle, times.end());
    CHECK(*middle <= patience + 1s * pty::slowness);
}

void check_what_is_left(pty::World& world, Victim& victim, std::chrono::seconds patience) {
    const pid_t login = victim.visit.login.id();
    pty::Line& line = victim.visit.line;
    CHECK(victim.visit.login.wait_exit() == pty::Exit{.signal = SIGKILL});
    CHECK(victim.gone - victim.asked >= patience);
    CHECK(victim.gone - victim.begun <= patience + 10s * pty::slowness);
    CHECK(pty::wait_until([&] { return session_of(login).empty(); }));
    CHECK_FALSE(is_live(record_of(world, line)));
    CHECK(count_in_wtmp(world, line, USER_PROCESS) == count_in_wtmp(world, line, DEAD_PROCESS));
    CHECK(line.owner() == pty::nobodys_line);
    CHECK((line.modes().c_lflag & (ECHO | ICANON)) == (ECHO | ICANON));
    CHECK(world.count_log("ending login " + std::to_string(login) + " on " + line.name()) == 1);
    CHECK(times_in(line.transcript(), "has taken too long") ==
          (victim.phase.comes_after_the_shell ? 0 : 1));
}

/// As in a container whose rules are older than the call.
void forbid_clone3() {
    auto program =
        std::to_array<sock_filter>({BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                                    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
                                    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
                                    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)});
    const sock_fprog filter{.len = program.size(), .filter = program.data()};
    ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
}

}  // namespace

TEST_CASE("a module that hangs, in each phase and whatever it does, is ended in time (T-24)") {
    const std::vector<std::vector<std::vector<std::string>>> rounds{
        {{"sleep=3600"}, {"loop"}},
        {{"deafen", "sleep=3600"}, {"alarm=0", "close=3", "sleep=3600"}},
        {{"fork", "sleep=3600"}, {"close=0", "sleep=3600"}}};
    const pty::PamJournal journal;
    constexpr auto patience = 1s;
    for (const auto& round : rounds) {
        pty::TestWorld world;
        choose_gate(world, pty::Gate::pam);
        give_modules(world, patience.count());
        add_person(world, ann);
        std::list<Victim> victims;
        for (const auto& actions : round) {
            for (const Phase& phase : phases) {
                journal.be_stack(world, in_step(phase.step, actions));
                Victim& victim = victims.emplace_back(phase, actions);
                victim.visit.line.expect("login: ");
                victim.asked = pty::Clock::now();
                victim.visit.line.send("ann\r");
                // It has read its stack, and come as far as it will.
                const std::string last = phase.comes_after_the_shell ? "account" : phase.step;
                CHECK(pty::wait_until([&] {
                    (void)note_all(victims);
                    const auto steps = pty::PamJournal::steps_of(victim.visit.login.id());
                    return steps.find(last) != std::string::npos;
                }));
            }
        }
        hang_all(victims);
        check_most_are_in_time(victims, patience);
        for (Victim& victim : victims) {
            CAPTURE(victim.visit.what);
            check_what_is_left(world, victim, patience);
        }
        CHECK(pty::wait_until([] { return count_watchdogs() == 0; }));
    }
}

TEST_CASE("a login that another module has put into wtmp is ended there too (T-24)") {
    const pty::PamJournal journal;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    give_modules(world, 1);
    add_person(world, ann);
    journal.be_stack(world, "reinitialize:sleep=3600");
    world.append_file("/etc/pam.d/login", "session optional pam_lastlog.so\n");
    pty::Visit visit{"ann"};
    visit.line.expect("login: ");
    visit.line.send("ann\r");
    CHECK(visit.login.wait_exit() == pty::Exit{.signal = SIGKILL});
    CHECK(count_in_wtmp(world, visit.line, USER_PROCESS) == 1);
    CHECK(count_in_wtmp(world, visit.line, DEAD_PROCESS) == 1);
    CHECK_FALSE(is_live(record_of(world, visit.line)));
}

TEST_CASE("LOGIN_TIMEOUT ends silence by itself and a module from outside (T-24)") {
    const pty::PamJournal journal;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    give_modules(world, 60);
    world.append_file("/etc/ttygate/login.conf", "LOGIN_TIMEOUT 1\n");
    add_person(world, ann);
    struct Case {
        std::string arguments;
        pty::Exit exit;
        std::string words;
    };
    const std::vector<Case> cases{
        {"authenticate:ask=Token:", {.status = 1}, "Nobody logged in within 1 second."},
        {"authenticate:ask-shown=Token:", {.status = 1}, "Nobody logged in within 1 second."},
        {"authenticate:sleep=3600", {.signal = SIGKILL}, "has taken too long"},
        {"account:sleep=3600", {.signal = SIGKILL}, "has taken too long"},
    };
    std::list<pty::Visit> visits;
    for (const Case& expected : cases) {
        journal.be_stack(world, expected.arguments);
        pty::Visit& visit = visits.emplace_back(expected.arguments);
        visit.line.expect("login: ");
        visit.line.send("ann\r");
        pty::wait_until([&] { return !pty::PamJournal::steps_of(visit.login.id()).empty(); });
    }
    auto visit = visits.begin();
    for (const Case& expected : cases) {
        CAPTURE(visit->what);
        CHECK(visit->login.wait_exit() == expected.exit);
        CHECK(visit->line.transcript().find(expected.words) != std::string::npos);
        CHECK(visit->line.owner() == pty::nobodys_line);
        ++visit;
    }
    CHECK(pty::wait_until([] { return count_watchdogs() == 0; }));
}

TEST_CASE("LOGIN_TIMEOUT ends a login that does not go on from its question (T-24)") {
    const pty::PamJournal journal;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    world.append_file("/etc/ttygate/login.conf", "LOGIN_TIMEOUT 3\n");
    add_person(world, ann);
    journal.be_stack(world, "authenticate:ask=Token:");
    pty::Visit visit{"ann"};
    visit.line.expect("login: ");
    visit.line.send("ann\r");
    visit.line.expect("Token:");
    visit.login.signal(SIGSTOP);
    CHECK(visit.login.wait_exit() == pty::Exit{.signal = SIGKILL});
    world.wait_for_log("nobody is in within LOGIN_TIMEOUT");
}

TEST_CASE("LOGIN_TIMEOUT holds on a line that takes nothing of what is said (T-24)") {
    for (const pty::Gate gate : pty::gates()) {
        CAPTURE(pty::name_of(gate));
        pty::TestWorld world;
        choose_gate(world, gate);
        world.append_file("/etc/ttygate/login.conf", "LOGIN_TIMEOUT 1\n");
        add_person(world, ann);
        pty::Line line;
        const common::UniqueFd opened{::open(line.path().c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK)};
        REQUIRE(::tcflow(opened.get(), TCOOFF) == 0);
        const auto begun = pty::Clock::now();
        auto login = line.start_on({.arguments = {pty::World::login(), "-H", "ann"},
                                    .session = pty::Session::leader_with_terminal});
        CHECK(login.wait_exit() == pty::Exit{.status = 1});
        // A stopped line is waited for no longer than that, where the deadline is further.
        CHECK(pty::Clock::now() - begun < 5s * pty::slowness);
        CHECK(line.transcript().empty());
        world.wait_for_log("TIMEOUT FROM " + line.name());
        REQUIRE(::tcflow(opened.get(), TCOON) == 0);
    }
}

TEST_CASE("LOGIN_TIMEOUT holds on a line that takes a little at a time (T-24)") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    world.append_file("/etc/ttygate/login.conf", "LOGIN_TIMEOUT 2\n");
    add_person(world, ann);
    // More than the line holds while nobody reads.
    world.write_file("/etc/words", std::string(400'000, 'x') + "\n");
    const std::string stack = world.read_file("/etc/pam.d/login");
    world.write_file("/etc/pam.d/login", "auth optional pam_echo.so file=/etc/words\n" + stack);
    pty::Line line;
    line.stop_reading();
    const auto begun = pty::Clock::now();
    auto login = line.start_on({.arguments = {pty::World::login(), "-H", "ann"},
                                .session = pty::Session::leader_with_terminal});
    std::array<char, 512> part{};
    std::size_t taken = 0;
    while (login.is_running() && pty::Clock::now() - begun < pty::default_deadline) {
        const auto size = ::read(line.master(), part.data(), part.size());
        taken += static_cast<std::size_t>(std::max(size, ssize_t{}));
        // All of it would take longer than anybody waits.
        pty::let_pass(50ms);
    }
    // By itself, and not by the watchdog.
    CHECK(login.wait_exit() == pty::Exit{.status = 1});
    CHECK(pty::Clock::now() - begun < 10s * pty::slowness);
    CHECK(taken > part.size());
    world.wait_for_log("did not take all of");
    world.wait_for_log("TIMEOUT FROM " + line.name());
}

TEST_CASE("the end of LOGIN_TIMEOUT cuts no delay short (T-23, T-24)") {
    const pty::PamJournal journal;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    world.append_file("/etc/ttygate/login.conf", "LOGIN_TIMEOUT 3\nFAIL_DELAY 4\n");
    add_person(world, ann);
    journal.be_stack(world, "authenticate:ask=Token: authenticate");
    pty::Visit visit{"ann"};
    visit.line.expect("login: ");
    visit.line.send("ann\r");
    visit.line.expect("Token:");
    const auto typed = pty::Clock::now();
    visit.line.send("wrong\r");
    CHECK(visit.login.wait_exit() == pty::Exit{.status = 1});
    CHECK(pty::Clock::now() - typed >= 4s);
    CHECK(visit.line.transcript().find("Login incorrect") != std::string::npos);
}

TEST_CASE("the watchdog is there while PAM works, is small, and is not beside a shell") {
    const pty::PamJournal journal;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, ann);
    journal.join_stack(world, "open:wait close:wait close:hold=go");
    pty::Visit visit{"ann"};
    CHECK(count_watchdogs() == 0);
    visit.line.expect("login: ");
    visit.line.send("ann\r");
    visit.line.expect("Password: ");
    CHECK(pty::wait_until([] { return count_watchdogs() == 1; }));
    const auto all = pty::running_processes();
    const auto dog = std::find_if(
        all.begin(), all.end(), [](const auto& process) { return process.name == watchdog_name; });
    REQUIRE(dog != all.end());
    CHECK(dog->parent == visit.login.id());
    // Keys and hang-ups are not for it.
    CHECK(dog->session == dog->id);
    CHECK(dog->terminal == 0);
    if (pty::is_measured) {
        MESSAGE("the watchdog's own memory: ", pty::cost_of(dog->id).own_kib, " KiB");
        CHECK(pty::cost_of(dog->id).own_kib <= 200);
    }
    visit.line.send("secret\r");
    visit.line.expect(pty::shell_prompt);
    // Told to go, it is seen off when the shell is there.
    CHECK(pty::wait_until([&] {
        return pty::descendants_of(visit.login.id()) == std::vector<pid_t>{visit.line.session()};
    }));
    CHECK(count_watchdogs() == 0);
    visit.line.send("exit\r");
    CHECK(pty::wait_until([&] {
        return pty::PamJournal::steps_of(visit.login.id()).find("held") != std::string::npos;
    }));
    // Another one than before.
    CHECK(pty::wait_until([] { return count_watchdogs() == 1; }));
    world.write_file("/run/pam_journal/go", "");
    CHECK(visit.login.wait_exit() == pty::Exit{.status = 0});
    CHECK(pty::wait_until([] { return count_watchdogs() == 0; }));
    // Modules that wait for all children wait for none of ours.
    const auto steps = pty::PamJournal::steps_of(visit.login.id());
    CHECK(times_in(steps, "children=0") == 2);
}

TEST_CASE("a module whose cleanup hangs in the shell's process costs LOGIN_MODULE_TIMEOUT (T-24)") {
    const pty::PamJournal journal;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    give_modules(world, 1);
    add_person(world, ann);
    journal.join_stack(world, "open:hang-in-child=3600");
    pty::Visit visit{"ann"};
    visit.line.expect("login: ");
    visit.line.send("ann\r");
    visit.line.expect("Password: ");
    visit.line.send("secret\r");
    visit.line.expect("cannot start /bin/");
    visit.line.expect("it did not come to that within 1 s");
    CHECK(visit.login.wait_exit() == pty::Exit{.status = 1});
    CHECK(times_in(pty::PamJournal::steps_of(visit.login.id()), "reinitialize close delete") == 1);
    CHECK(pty::wait_until([&] { return session_of(visit.login.id()).empty(); }));
    CHECK(count_in_wtmp(world, visit.line, DEAD_PROCESS) == 1);
    CHECK(world.count_log("it did not come to that") == 1);
}

TEST_CASE("where clone3 is forbidden the watchdog is an ordinary child, and does its work (T-24)") {
    const pty::PamJournal journal;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    give_modules(world, 1);
    add_person(world, ann);
    journal.be_stack(world, "open:sleep=3600");
    const pty::Line line;
    auto login = line.start_on({.arguments = {pty::World::login(), "-f", "ann"},
                                .session = pty::Session::leader_with_terminal,
                                .before_exec = forbid_clone3});
    CHECK(login.wait_exit() == pty::Exit{.signal = SIGKILL});
    CHECK(world.count_log("ending login") == 1);
    CHECK(line.owner() == pty::nobodys_line);
}

TEST_CASE("a module that crashes or calls exit() is logged, and the next getty clears up") {
    const pty::PamJournal journal;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, ann);
    struct Case {
        std::string arguments;
        pty::Exit exit;
    };
    const std::vector<Case> cases{
        {"authenticate:crash", {.signal = SIGABRT}},
        {"authenticate:exit=0", {.status = 0}},
        {"reinitialize:crash", {.signal = SIGABRT}},
        {"reinitialize:exit=3", {.status = 3}},
        {"close:crash", {.signal = SIGABRT}},
    };
    for (const Case& expected : cases) {
        CAPTURE(expected.arguments);
        journal.be_stack(world, expected.arguments);
        pty::Line line;
        {
            auto login = start_getty(line);
            line.expect("login: ");
            line.send("ann\r");
            if (expected.arguments.starts_with("close")) {
                line.expect(pty::shell_prompt);
                line.send("exit\r");
            }
            CHECK(login.wait_exit() == expected.exit);
            world.wait_for_log("login " + std::to_string(login.id()) + " on " + line.name() +
                               " ended without its undo");
        }
        const auto next = start_getty(line);
        line.expect("login: ");
        CHECK(line.owner() == pty::nobodys_line);
        CHECK(record_of(world, line).type == LOGIN_PROCESS);
        CHECK(record_of(world, line).process == next.id());
        CHECK(count_in_wtmp(world, line, USER_PROCESS) == count_in_wtmp(world, line, DEAD_PROCESS));
    }
}
