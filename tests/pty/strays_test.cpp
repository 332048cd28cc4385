// Nothing stays behind: LOGIN_KILL_STRAYS.

#include "common/process_table.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/test_world.hpp"
#include "tests/testing.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};

constexpr const char* hierarchy = "/sys/fs/cgroup";
constexpr const char* sessions_cgroups = "/sys/fs/cgroup/ttygate";

/// cgroups of version 2, which the World has for reading only; what a session
/// makes in them is gone at the end.
class Cgroups {
  public:
    Cgroups() {
        if (::mount("cgroup2", hierarchy, "cgroup2", 0, nullptr) != 0) {
            tests::skip("needs cgroups of version 2");
        }
        if (::mkdir(sessions_cgroups, 0755) != 0 && errno != EEXIST) {
            tests::skip("needs cgroups that can be written");
        }
        before_ = all();
    }
    Cgroups(const Cgroups&) = delete;
    Cgroups& operator=(const Cgroups&) = delete;
    Cgroups(Cgroups&&) = delete;
    Cgroups& operator=(Cgroups&&) = delete;
    ~Cgroups() {
        ::rmdir(sessions_cgroups);
        ::umount2(hierarchy, MNT_DETACH);
    }

    /// Those of sessions that have begun since. The machine has one hierarchy, and
    /// whoever else tries this there has theirs in it.
    [[nodiscard]] std::vector<std::string> names() const {
        auto names = all();
        std::erase_if(names, [this](const std::string& name) {
            return std::find(before_.begin(), before_.end(), name) != before_.end();
        });
        return names;
    }

    /// What a session could not remove, now that nothing is in it.
    void remove_own() const {
        for (const std::string& name : names()) {
            CHECK(pty::wait_until([&name] {
                return ::rmdir((std::string{sessions_cgroups} + "/" + name).c_str()) == 0;
            }));
        }
    }

  private:
    static std::vector<std::string> all() {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator{sessions_cgroups}) {
            if (entry.is_directory()) {
                names.push_back(entry.path().filename());
            }
        }
        return names;
    }

    std::vector<std::string> before_{};
};

/// Processes of that command.
std::size_t count_running(const std::string& command) {
    const auto all = common::ProcessTable{}.read();
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const auto& entry) {
        return entry.command == command && !entry.has_ended();
    }));
}

/// Processes that no SIGKILL ends while this lives, as those in a call that the kernel does
/// not come back from: held in exit_group(2) by who traces them.
class HeldAtExit {
  public:
    explicit HeldAtExit(const std::string& command) {
        for (const common::ProcessEntry& entry : common::ProcessTable{}.read()) {
            if (entry.command != command || entry.has_ended()) {
                continue;
            }
            if (::ptrace(PTRACE_SEIZE, entry.id, nullptr, PTRACE_O_TRACEEXIT) != 0) {
                tests::skip("needs leave to trace a process");
            }
            processes_.push_back(entry.id);
        }
    }
    HeldAtExit(const HeldAtExit&) = delete;
    HeldAtExit& operator=(const HeldAtExit&) = delete;
    HeldAtExit(HeldAtExit&&) = delete;
    HeldAtExit& operator=(HeldAtExit&&) = delete;
    ~HeldAtExit() {
        for (const pid_t process : processes_) {
            ::ptrace(PTRACE_DETACH, process, nullptr, nullptr);
        }
    }

    [[nodiscard]] std::size_t count() const { return processes_.size(); }

  private:
    std::vector<pid_t> processes_{};
};

/// What forks twice and calls setsid(2), as daemons do, under a name of its own.
void start_daemons(pty::Line& line, int count) {
    line.send("cp /bin/sleep /tmp/stray; for i in $(seq " + std::to_string(count) +
              "); do (setsid /tmp/stray 1000 </dev/null >/dev/null 2>&1 &); done; echo DO''NE\r");
    line.expect("DONE");
    line.expect(pty::shell_prompt);
}

struct Stage {
    explicit Stage(const std::string& settings) {
        pty::add_person(world, ann);
        world.append_file("/etc/ttygate/login.conf", settings);
    }
    pty::TestWorld world;
    Cgroups cgroups;
    pty::Line line;
};

}  // namespace

TEST_CASE("LOGIN_KILL_STRAYS: a hundred daemons end with the session that started them") {
    for (const pty::Gate gate : pty::gates()) {
        CAPTURE(pty::name_of(gate));
        Stage stage{"LOGIN_KILL_STRAYS pts/*\n"};
        pty::choose_gate(stage.world, gate);
        auto getty = pty::start_getty(stage.line);
        pty::log_in(stage.line, "ann", "secret");
        start_daemons(stage.line, 100);
        CHECK(pty::wait_until([] { return count_running("stray") == 100; }));
        CHECK(stage.cgroups.names().size() == 1);
        stage.line.send("exit\r");
        CHECK(getty.wait_exit() == pty::Exit{.status = 0});
        CHECK(count_running("stray") == 0);
        CHECK(stage.cgroups.names().empty());
        stage.world.wait_for_log("ending what the session left behind: 100 processes");
    }
}

TEST_CASE("LOGIN_KILL_STRAYS: on a hang-up as well, and when login is told to end") {
    for (const bool hangs_up : {true, false}) {
        CAPTURE(hangs_up);
        Stage stage{"LOGIN_KILL_STRAYS yes\n"};
        auto getty = pty::start_getty(stage.line);
        pty::log_in(stage.line, "ann", "secret");
        start_daemons(stage.line, 3);
        CHECK(pty::wait_until([] { return count_running("stray") == 3; }));
        if (hangs_up) {
            stage.line.close_master();
        } else {
            getty.signal(SIGTERM);
        }
        getty.wait_exit();
        CHECK(count_running("stray") == 0);
        CHECK(stage.cgroups.names().empty());
    }
}

TEST_CASE("LOGIN_KILL_STRAYS: not on other lines, not of who may linger, not unless asked") {
    const std::vector<std::string> settings{"",
                                            "LOGIN_KILL_STRAYS no\n",
                                            "LOGIN_KILL_STRAYS ttyS* tty1\n",
                                            "LOGIN_KILL_STRAYS yes\nLOGIN_LINGER_USERS bob ann\n"};
    for (const std::string& text : settings) {
        CAPTURE(text);
        Stage stage{text};
        auto getty = pty::start_getty(stage.line);
        pty::log_in(stage.line, "ann", "secret");
        start_daemons(stage.line, 1);
        CHECK(pty::wait_until([] { return count_running("stray") == 1; }));
        CHECK(stage.cgroups.names().empty());
        stage.line.send("exit\r");
        getty.wait_exit();
        CHECK(count_running("stray") == 1);
        stage.world.kill_everybody();
    }
}

TEST_CASE("LOGIN_KILL_STRAYS: two sessions of one user end apart") {
    Stage stage{"LOGIN_KILL_STRAYS yes\n"};
    pty::Line other;
    auto getty = pty::start_getty(stage.line);
    auto other_getty = pty::start_getty(other);
    pty::log_in(stage.line, "ann", "secret");
    pty::log_in(other, "ann", "secret");
    start_daemons(stage.line, 2);
    start_daemons(other, 3);
    CHECK(pty::wait_until([] { return count_running("stray") == 5; }));
    CHECK(stage.cgroups.names().size() == 2);
    stage.line.send("exit\r");
    getty.wait_exit();
    CHECK(count_running("stray") == 3);
    other.send("exit\r");
    other_getty.wait_exit();
    CHECK(count_running("stray") == 0);
}

TEST_CASE("LOGIN_MAX_PROCESSES: a session that forks and forks stays in bounds, and ends") {
    Stage stage{"LOGIN_KILL_STRAYS yes\nLOGIN_MAX_PROCESSES 40\n"};
    auto getty = pty::start_getty(stage.line);
    pty::log_in(stage.line, "ann", "secret");
    // No more than 300, for the case that nothing holds it.
    stage.world.write_file("/tmp/bomb",
                           "#!/bin/sh\n"
                           "for i in $(seq 300); do /tmp/stray 1000 & done\n",
                           0755);
    stage.line.send("cp /bin/sleep /tmp/stray; (setsid /tmp/bomb </dev/null >/dev/null 2>&1 &)\r");
    CHECK(pty::wait_until([] { return count_running("stray") > 25; }));
    pty::let_pass(pty::Milliseconds{300});
    CHECK(count_running("stray") < 40);
    getty.signal(SIGTERM);
    getty.wait_exit();
    CHECK(count_running("stray") == 0);
}

TEST_CASE(
    "LOGIN_KILL_STRAYS: without cgroups and without an audit session it says what it cannot do") {
    pty::TestWorld world;
    pty::add_person(world, ann);
    world.append_file("/etc/ttygate/login.conf", "LOGIN_KILL_STRAYS yes\n");
    pty::Line line;
    auto getty = pty::start_getty(line);
    pty::log_in(line, "ann", "secret");
    line.send("exit\r");
    CHECK(getty.wait_exit() == pty::Exit{.status = 0});
    world.wait_for_log("give the session a cgroup of its own");
    world.wait_for_log("cannot be told");
}

namespace {

/// Somebody whose session only the audit session tells from others: there are no cgroups
/// in this World.
struct AuditedStage {
    AuditedStage() {
        pty::choose_gate(world, pty::Gate::pam);
        pty::add_person(world, ann);
        world.append_file("/etc/pam.d/login", "session required pam_loginuid.so\n");
        world.append_file("/etc/ttygate/login.conf", "LOGIN_KILL_STRAYS yes\n");
        getty.emplace(pty::start_getty(line));
        pty::log_in(line, "ann", "secret");
        if (common::ProcessTable{}.audit_session(getty->id()) == common::no_audit_session) {
            tests::skip("needs a kernel with audit sessions (/proc/self/loginuid can be written)");
        }
    }
    pty::TestWorld world;
    pty::Line line;
    std::optional<pty::Process> getty;
};

}  // namespace

TEST_CASE("LOGIN_KILL_STRAYS: without cgroups, by the audit session that pam_loginuid begins") {
    AuditedStage stage;
    start_daemons(stage.line, 20);
    CHECK(pty::wait_until([] { return count_running("stray") == 20; }));
    stage.line.send("exit\r");
    CHECK(stage.getty->wait_exit() == pty::Exit{.status = 0});
    CHECK(count_running("stray") == 0);
    CHECK(stage.world.count_log("does not end") == 0);
}

TEST_CASE("LOGIN_KILL_STRAYS: what does not end holds nobody up, and the log says how many") {
    constexpr auto patience = 20s * pty::slowness;
    const std::string words = "what the session left behind does not end: 2 of its processes";
    SUBCASE("by the audit session") {
        AuditedStage stage;
        start_daemons(stage.line, 2);
        CHECK(pty::wait_until([] { return count_running("stray") == 2; }));
        const HeldAtExit held{"stray"};
        REQUIRE(held.count() == 2);
        stage.line.send("exit\r");
        CHECK(stage.getty->wait_exit(patience) == pty::Exit{.status = 0});
        stage.world.wait_for_log(words);
    }
    SUBCASE("by a cgroup") {
        Stage stage{"LOGIN_KILL_STRAYS yes\n"};
        auto getty = pty::start_getty(stage.line);
        pty::log_in(stage.line, "ann", "secret");
        start_daemons(stage.line, 2);
        CHECK(pty::wait_until([] { return count_running("stray") == 2; }));
        {
            const HeldAtExit held{"stray"};
            REQUIRE(held.count() == 2);
            stage.line.send("exit\r");
            CHECK(getty.wait_exit(patience) == pty::Exit{.status = 0});
            stage.world.wait_for_log(words);
        }
        CHECK(pty::wait_until([] { return count_running("stray") == 0; }));
        stage.cgroups.remove_own();
    }
}
