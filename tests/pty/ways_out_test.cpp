#include "common/syscall.hpp"
#include "common/unique_fd.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/pam_journal.hpp"
#include "tests/pty/process_cost.hpp"
#include "tests/pty/process_table.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <csignal>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};

/// What PAM is called for in a session that goes well, in this order.
const std::string whole_journal = "authenticate account establish open reinitialize close delete";

/// A PamJournal for the gate that has steps to watch.
std::optional<pty::PamJournal> journal_for(pty::Gate gate) {
    return gate == pty::Gate::pam ? std::optional<pty::PamJournal>{std::in_place} : std::nullopt;
}

bool is_session_empty(pid_t session) {
    const auto all = pty::running_processes();
    return std::none_of(all.begin(), all.end(), [&](const auto& process) {
        return process.session == session && process.state != 'Z';
    });
}

/// A way for a session to end.
struct WayOut {
    std::string how;
    std::function<void(pty::Line& line, pty::Process& login)> leave;
};

const std::vector<WayOut> ways_out{
    {"the shell exits", [](pty::Line& line, pty::Process&) { line.send("exit 3\r"); }},
    {"the shell is killed",
     [](pty::Line& line, pty::Process&) { ::kill(line.session(), SIGKILL); }},
    {"login is sent SIGTERM", [](pty::Line&, pty::Process& login) { login.signal(SIGTERM); }},
    {"login is sent SIGHUP", [](pty::Line&, pty::Process& login) { login.signal(SIGHUP); }},
    {"the shell has stopped, and login is sent SIGTERM",
     [](pty::Line& line, pty::Process& login) {
         ::kill(line.session(), SIGSTOP);
         login.signal(SIGTERM);
     }},
    {"login is sent SIGINT and SIGQUIT, which are for others, and the shell exits",
     [](pty::Line& line, pty::Process& login) {
         login.signal(SIGINT);
         login.signal(SIGQUIT);
         line.send("exit\r");
     }},
    {"the line is hung up",
     [](pty::Line& line, pty::Process&) {
         const common::UniqueFd slave{
             common::check(::open(line.path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC), "open")};
         // The test's own session has no terminal: it is not hung up itself.
         common::check(::ioctl(slave.get(), TIOCVHANGUP), "TIOCVHANGUP");
     }},
    {"the master is closed", [](pty::Line& line, pty::Process&) { line.close_master(); }},
};

/// A getty on a line of its own, for ann, in whose PAM stack is the journal's module.
struct WatchedLogin {
    explicit WatchedLogin(const std::string& arguments) : login(start(arguments)) {}

    void check_is_undone() const {
        CHECK(record_of(world, line).type == DEAD_PROCESS);
        CHECK(pty::PamJournal::steps_of(login.id()) == whole_journal);
    }

    pty::PamJournal journal{};
    pty::TestWorld world{};
    pty::Line line{};
    pty::Process login;  ///< what getty becomes

  private:
    [[nodiscard]] pty::Process start(const std::string& arguments) const {
        choose_gate(world, pty::Gate::pam);
        journal.join_stack(world, arguments);
        add_person(world, ann);
        return start_getty(line);
    }
};

}  // namespace

TEST_CASE("on every way out the logout is written, the line given back, and PAM done with (T-20)") {
    for (const auto gate : pty::gates()) {
        for (const WayOut& way : ways_out) {
            CAPTURE(name_of(gate));
            CAPTURE(way.how);
            const auto journal = journal_for(gate);
            pty::TestWorld world;
            choose_gate(world, gate);
            if (journal) {
                journal->join_stack(world);
            }
            add_person(world, ann);
            pty::Line line;
            auto login = start_getty(line);
            log_in(line, "ann", "secret");
            const pid_t session = line.session();
            way.leave(line, login);
            CHECK(login.wait_exit() == pty::Exit{.status = 0});
            CHECK(is_session_empty(session));
            const auto record = record_of(world, line);
            CHECK(record.type == DEAD_PROCESS);
            CHECK(record.process == login.id());
            CHECK(count_in_wtmp(world, line, USER_PROCESS) == 1);
            CHECK(count_in_wtmp(world, line, DEAD_PROCESS) == 1);
            if (way.how != "the master is closed") {  // with which the node goes
                CHECK(line.owner() == pty::nobodys_line);
            }
            if (journal) {
                CHECK(pty::PamJournal::steps_of(login.id()) == whole_journal);
            }
        }
    }
}

TEST_CASE("a shell that will not go is made to, and the logout is as any other (T-20)") {
    const auto journal = journal_for(pty::gates().back());
    const pty::TestWorld world;
    if (journal) {
        journal->join_stack(world);
    }
    add_person(world, ann);
    // All at once: each takes the three seconds a shell is given.
    std::list<pty::Visit> visits;
    for (const auto gate : pty::gates()) {
        choose_gate(world, gate);
        pty::Visit& visit = visits.emplace_back(name_of(gate));
        log_in(visit.line, "ann", "secret");
        visit.session = visit.line.session();
        visit.line.send("trap '' HUP TERM; while :; do sleep 0.05; done\r");
    }
    pty::let_pass(100ms);
    for (pty::Visit& visit : visits) {
        visit.login.signal(SIGTERM);
    }
    for (pty::Visit& visit : visits) {
        CAPTURE(visit.what);
        CHECK(visit.login.wait_exit() == pty::Exit{.status = 0});
        CHECK(pty::wait_until([&] { return is_session_empty(visit.session); }));
        CHECK(record_of(world, visit.line).type == DEAD_PROCESS);
        CHECK(visit.line.owner() == pty::nobodys_line);
        if (visit.what == "pam") {
            CHECK(pty::PamJournal::steps_of(visit.login.id()) == whole_journal);
        }
    }
}

TEST_CASE("a login that a PAM module has recorded already is not recorded twice") {
    for (const bool has_lastlog : {false, true}) {
        CAPTURE(has_lastlog);
        const pty::TestWorld world;
        choose_gate(world, pty::Gate::pam);
        if (has_lastlog) {
            world.append_file("/etc/pam.d/login", "session optional pam_lastlog.so\n");
        }
        add_person(world, ann);
        pty::Line line;
        auto login = start_getty(line);
        log_in(line, "ann", "secret");
        CHECK(count_in_wtmp(world, line, USER_PROCESS) == 1);
        line.send("exit\r");
        CHECK(login.wait_exit() == pty::Exit{.status = 0});
        CHECK(count_in_wtmp(world, line, USER_PROCESS) == 1);
        // The module's logout comes after ours, and is its own affair.
        CHECK(count_in_wtmp(world, line, DEAD_PROCESS) == (has_lastlog ? 2 : 1));
    }
}

TEST_CASE("a shell that cannot be executed: a word why, and everything undone (T-20)") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const auto journal = journal_for(gate);
        pty::TestWorld world;
        choose_gate(world, gate);
        if (journal) {
            journal->join_stack(world);
        }
        // Looks like a program until the kernel looks for its interpreter.
        world.write_file("/run/shell", "#!/no/such/interpreter\n", 0755);
        world.add_user({.name = "ann", .user = 1001, .password = "secret", .shell = "/run/shell"});
        pty::Line line;
        auto login = start_getty(line);
        line.expect("login: ");
        line.send("ann\r");
        line.expect("Password: ");
        line.send("secret\r");
        line.expect("/run/shell");
        CHECK(login.wait_exit(60s) == pty::Exit{.status = 1});
        CHECK(record_of(world, line).type != USER_PROCESS);
        CHECK(count_in_wtmp(world, line, USER_PROCESS) == count_in_wtmp(world, line, DEAD_PROCESS));
        CHECK(line.owner() == pty::nobodys_line);
        CHECK(our_log_lines(world).size() == 1);
        if (journal) {
            CHECK(pty::PamJournal::steps_of(login.id()) == whole_journal);
        }
    }
}

TEST_CASE("what fails half way is undone as far as it was done, and no further (T-20)") {
    struct Case {
        std::string failing;
        std::string journal;
    };
    const std::vector<Case> cases{
        {"authenticate", "authenticate authenticate authenticate"},
        {"account", "authenticate account"},
        {"establish", "authenticate account establish"},
        {"open", "authenticate account establish open delete"},
        {"reinitialize", "authenticate account establish open reinitialize close delete"},
    };
    const pty::PamJournal journal;
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, ann);
    const std::string stack = world.read_file("/etc/pam.d/login");
    // All at once: login waits a while before it leaves after a failure.
    std::list<pty::Visit> visits;
    for (const Case& expected : cases) {
        world.write_file("/etc/pam.d/login", stack);
        journal.join_stack(world, expected.failing);
        pty::Visit& visit = visits.emplace_back(expected.failing);
        for (int attempt = 0; attempt < (expected.failing == "authenticate" ? 3 : 1); ++attempt) {
            visit.line.expect("login: ");
            visit.line.send("ann\r");
            visit.line.expect("Password: ");
            visit.line.send("secret\r");
        }
    }
    auto visit = visits.begin();
    for (const Case& expected : cases) {
        CAPTURE(expected.failing);
        CHECK(visit->login.wait_exit(60s) == pty::Exit{.status = 1});
        CHECK(pty::PamJournal::steps_of(visit->login.id()) == expected.journal);
        CHECK(visit->line.transcript().find(pty::shell_prompt) == std::string::npos);
        CHECK(count_in_wtmp(world, visit->line, USER_PROCESS) == 0);
        CHECK(record_of(world, visit->line).type != USER_PROCESS);
        CHECK(visit->line.owner() == pty::nobodys_line);
        ++visit;
    }
}

TEST_CASE("credentials are deleted even if the session could not be closed (T-20)") {
    WatchedLogin watched{"close"};
    log_in(watched.line, "ann", "secret");
    watched.line.send("exit\r");
    CHECK(watched.login.wait_exit() == pty::Exit{.status = 0});
    watched.check_is_undone();
}

TEST_CASE("login that is told to go while it asks goes, and leaves the line as it was (T-20)") {
    for (const auto gate : pty::gates()) {
        for (const int number : {SIGTERM, SIGHUP}) {
            CAPTURE(name_of(gate));
            CAPTURE(number);
            const auto journal = journal_for(gate);
            pty::TestWorld world;
            choose_gate(world, gate);
            if (journal) {
                journal->join_stack(world);
            }
            add_person(world, ann);
            pty::Line line;
            auto login = start_getty(line);
            line.expect("login: ");
            line.send("ann\r");
            line.expect("Password: ");
            login.signal(number);
            CHECK(login.wait_exit() == pty::Exit{.status = 1});
            CHECK(line.owner() == pty::nobodys_line);
            CHECK(world.wtmp().empty());
            if (journal) {
                CHECK(pty::PamJournal::steps_of(login.id()) == "authenticate");
            }
        }
    }
}

TEST_CASE("login that is told to go at the moment the password proves right goes (T-20)") {
    for (const int number : {SIGTERM, SIGHUP}) {
        CAPTURE(number);
        pty::TestWorld world;
        choose_gate(world, pty::Gate::shadow);
        add_person(world, ann);
        pty::Line line;
        auto login = start_getty(line);
        line.expect("login: ");
        line.send("ann\r");
        line.expect("Password: ");
        // Who checks the password has an answer, and the signal is there, before login
        // looks at either.
        std::vector<pid_t> checkers;
        REQUIRE(pty::wait_until([&] {
            checkers = pty::descendants_of(login.id());
            return !checkers.empty();
        }));
        REQUIRE(checkers.size() == 1);
        const pid_t checker = checkers.front();
        const auto stop = [](pid_t process) {
            ::kill(process, SIGSTOP);
            return pty::wait_until([&] { return pty::state_of(process) == 'T'; });
        };
        REQUIRE(stop(checker));
        line.send("secret\r");
        line.expect("\r\n");
        // The end of the line is shown before the password is handed on: once more
        // where login was stopped between the two.
        constexpr int enough = 20;
        bool has_answer = false;
        for (int tries = 1; !has_answer && tries <= enough; ++tries) {
            REQUIRE(stop(checker));
            login.signal(SIGCONT);
            pty::let_pass(10ms * tries);
            REQUIRE(stop(login.id()));
            ::kill(checker, SIGCONT);
            has_answer = pty::wait_until([&] { return pty::state_of(checker) == 'Z'; },
                                         1000ms * pty::slowness);
        }
        REQUIRE(has_answer);
        login.signal(number);
        login.signal(SIGCONT);
        CHECK(login.wait_exit() == pty::Exit{.status = 1});
        CHECK(line.transcript().find(pty::shell_prompt) == std::string::npos);
        CHECK(line.owner() == pty::nobodys_line);
        CHECK(world.wtmp().empty());
    }
}

TEST_CASE("login that is told to go while its session is opened goes, without a shell (T-20)") {
    for (const int number : {SIGTERM, SIGHUP}) {
        CAPTURE(number);
        WatchedLogin watched{"open:hold=go"};
        pty::Line& line = watched.line;
        line.expect("login: ");
        line.send("ann\r");
        line.expect("Password: ");
        line.send("secret\r");
        REQUIRE(pty::wait_until(
            [&] { return pty::PamJournal::steps_of(watched.login.id()).ends_with("held"); }));
        watched.login.signal(number);
        watched.world.write_file("/run/pam_journal/go", "");
        CHECK(watched.login.wait_exit() == pty::Exit{.status = 1});
        CHECK(line.transcript().find(pty::shell_prompt) == std::string::npos);
        CHECK(line.owner() == pty::nobodys_line);
        CHECK(watched.world.wtmp().empty());
        CHECK(pty::PamJournal::steps_of(watched.login.id()).ends_with("close delete"));
    }
}

TEST_CASE("a line that is hung up while the shell's process gets ready is left at once (T-33)") {
    // The module's second, and not three of our own, at whose end it is killed. A busy
    // machine may take as long, but not each time.
    constexpr auto longest = 2500ms * pty::slowness;
    constexpr int tries = 3;
    auto shortest = longest;
    for (int i = 0; i < tries && shortest >= longest; ++i) {
        WatchedLogin watched{"open:hang-in-child=1"};
        pty::Line& line = watched.line;
        line.expect("login: ");
        line.send("ann\r");
        line.expect("Password: ");
        line.send("secret\r");
        REQUIRE(
            pty::wait_until([&] { return count_in_wtmp(watched.world, line, USER_PROCESS) == 1; }));
        const auto hung_up = pty::Clock::now();
        line.close_master();
        watched.login.wait_exit();
        shortest = std::min(
            shortest, std::chrono::duration_cast<pty::Milliseconds>(pty::Clock::now() - hung_up));
        CHECK(count_in_wtmp(watched.world, line, DEAD_PROCESS) == 1);
        watched.check_is_undone();
    }
    CHECK(shortest < longest);
}

TEST_CASE("a module that lets every signal through ends no login, and hides none (T-20)") {
    for (const char* const step : {"authenticate", "open", "reinitialize"}) {
        CAPTURE(step);
        WatchedLogin watched{std::string{step} + ":hear-everything"};
        log_in(watched.line, "ann", "secret");
        watched.login.signal(SIGTERM);
        CHECK(watched.login.wait_exit() == pty::Exit{.status = 0});
        CHECK(watched.line.owner() == pty::nobodys_line);
        watched.check_is_undone();
    }
}

TEST_CASE("bash, which ignores TERM, and its jobs end when login is told to (T-20)") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, {.name = "ann", .user = 1001, .password = "secret", .shell = "/bin/bash"});
    pty::Line line;
    auto login = start_getty(line);
    log_in(line, "ann", "secret");
    const pid_t session = line.session();
    const auto is_job_there = [&line] {
        return pty::cost_of(line.foreground_group()).name == "sleep";
    };
    line.send("sleep 1001\r");
    REQUIRE(pty::wait_until(is_job_there));
    line.send("\x1a");
    line.expect("Stopped");
    line.expect(pty::shell_prompt);
    line.send("sleep 1002\r");
    REQUIRE(pty::wait_until(is_job_there));
    const auto start = pty::Clock::now();
    login.signal(SIGTERM);
    CHECK(login.wait_exit() == pty::Exit{.status = 0});
    // After three seconds it would have been killed.
    CHECK(pty::Clock::now() - start < 2800ms * pty::slowness);
    CHECK(pty::wait_until([&] { return is_session_empty(session); }));
    CHECK(record_of(world, line).type == DEAD_PROCESS);
}
