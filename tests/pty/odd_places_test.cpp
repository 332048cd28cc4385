// Where login finds itself besides on a line that a getty has opened for it.
#include "common/syscall.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/pam_journal.hpp"
#include "tests/pty/process_table.hpp"
#include "tests/pty/test_world.hpp"
#include "tests/testing.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};
constexpr const char* roots_prompt = "root# ";

/// Root's shell, with the prompt of its own, at a getty's line.
pty::Process root_at_shell(const pty::World& world, pty::Line& line) {
    world.set_password("root", "toor");
    world.write_file("/root/.profile",
                     "export PS1='" + std::string{roots_prompt} + "'\nexport PATH=" +
                         std::filesystem::path{pty::World::login()}.parent_path().string() +
                         ":$PATH\n");
    auto getty = pty::start_getty(line);
    line.expect("login: ");
    line.send("root\r");
    line.expect("Password: ");
    line.send("toor\r");
    line.expect(roots_prompt);
    return getty;
}

void type_password_of_ann(pty::Line& line) {
    line.expect("Password: ");
    line.send("secret\r");
    line.expect(pty::shell_prompt);
}

bool same_modes(const termios& left, const termios& right) {
    return left.c_iflag == right.c_iflag && left.c_oflag == right.c_oflag &&
           left.c_cflag == right.c_cflag && left.c_lflag == right.c_lflag &&
           std::equal(std::begin(left.c_cc), std::end(left.c_cc), std::begin(right.c_cc));
}

std::optional<pty::RunningProcess> process(pid_t id) {
    const auto all = pty::running_processes();
    const auto found = std::find_if(
        all.begin(), all.end(), [id](const auto& running) { return running.id == id; });
    return found == all.end() || found->state == 'Z' ? std::nullopt : std::optional{*found};
}

bool is_running(std::string_view name) {
    const auto all = pty::running_processes();
    return std::any_of(all.begin(), all.end(), [name](const auto& running) {
        return running.name == name && running.state != 'Z';
    });
}

pid_t started_last(pty::Line& line) {
    return std::stoi(pty::ask_shell(line, "echo $!"));
}

/// Login by itself, for somebody who types name and password.
pty::Command bare_login() {
    return {.arguments = {pty::World::login()}, .session = pty::Session::leader_with_terminal};
}

void log_in_by_itself(pty::Line& line) {
    line.expect("login: ");
    line.send("ann\r");
    type_password_of_ann(line);
}

/// As a container has them that nobody has given more (Docker's list).
void keep_capabilities_of_a_container() {
    constexpr std::array kept{CAP_CHOWN,
                              CAP_DAC_OVERRIDE,
                              CAP_FSETID,
                              CAP_FOWNER,
                              CAP_MKNOD,
                              CAP_NET_RAW,
                              CAP_SETGID,
                              CAP_SETUID,
                              CAP_SETFCAP,
                              CAP_SETPCAP,
                              CAP_NET_BIND_SERVICE,
                              CAP_SYS_CHROOT,
                              CAP_KILL,
                              CAP_AUDIT_WRITE};
    for (int capability = 0; capability <= CAP_LAST_CAP; ++capability) {
        if (std::find(kept.begin(), kept.end(), capability) == kept.end()) {
            ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
        }
    }
}

/// As a container's runtime starts the first process of one.
void become_process_one() noexcept {
    if (::unshare(CLONE_NEWPID | CLONE_NEWNS) < 0) {
        ::_exit(127);
    }
    const pid_t first = ::fork();
    if (first != 0) {
        ::close_range(STDERR_FILENO + 1, ~0U, 0);
        int status = 0;
        common::retry_interrupted([&] { return ::waitpid(first, &status, 0); });
        ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 126);
    }
    if (::setsid() < 0 || ::prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
        ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) < 0) {
        ::_exit(127);
    }
}

}  // namespace

TEST_CASE("login from an interactive shell borrows the line and gives it back (T-35)") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        choose_gate(world, gate);
        add_person(world, ann);
        pty::Line line;
        const auto getty = root_at_shell(world, line);
        line.send("stty erase ^H -ixon\r");
        line.expect(roots_prompt);
        const auto modes = line.modes();
        const auto owner = line.owner();
        const auto session = line.session();
        const auto group = line.foreground_group();
        const auto record = record_of(world, line);
        REQUIRE(record.user == "root");
        for (const char* time : {"first", "second"}) {
            CAPTURE(std::string{time});
            line.send("login ann\r");
            type_password_of_ann(line);
            CHECK(pty::ask_shell(line, "id -un") == "ann\r\n");
            CHECK(line.session() == session);
            const pid_t shell = line.foreground_group();
            CHECK(shell != group);
            REQUIRE(process(shell));
            CHECK(process(shell)->session == session);
            CHECK(line.owner() == pty::Line::Owner{.user = 1001, .group = 5, .mode = 0620});
            CHECK(record_of(world, line).user == "ann");
            CHECK(record_of(world, line).session == session);
            // Job control works for a guest, too.
            line.send("cat\r");
            // By its name: before the shell's child has executed it, it may not heed
            // the keyboard.
            REQUIRE(pty::wait_until([&] {
                const auto job = process(line.foreground_group());
                return job && job->name == "cat";
            }));
            line.send("\x03");
            line.expect(pty::shell_prompt);
            // It could read what root types, and type itself.
            pty::ask_shell(line, "trap '' HUP; sleep 1000 &");
            const pid_t left_behind = started_last(line);
            REQUIRE(process(left_behind));
            line.send("stty raw; exit\r");
            line.expect(roots_prompt);
            CHECK(pty::wait_until([&] { return line.foreground_group() == group; }));
            CHECK_FALSE(process(left_behind));
            CHECK(same_modes(line.modes(), modes));
            CHECK(line.owner() == owner);
            CHECK(line.session() == session);
            const auto restored = record_of(world, line);
            CHECK(restored.user == "root");
            CHECK(restored.process == record.process);
            CHECK(restored.id == record.id);
            CHECK(restored.seconds == record.seconds);
        }
        CHECK(world.utmp().size() == 1);
        // In and out of ann, and root is still there.
        CHECK(count_in_wtmp(world, line, USER_PROCESS) == 3);
        CHECK(count_in_wtmp(world, line, DEAD_PROCESS) == 2);
    }
}

TEST_CASE("login from an interactive shell: a shell that stops goes on at once (T-35)") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, {.name = "ann", .user = 1001, .password = "secret", .shell = "/bin/bash"});
    pty::Line line;
    const auto getty = root_at_shell(world, line);
    line.send("login ann\r");
    type_password_of_ann(line);
    const pid_t guest = line.foreground_group();
    for (const char* stop : {"kill -STOP $$", "suspend -f"}) {
        CAPTURE(std::string{stop});
        // What root's shell would find, if it were asked now.
        CHECK(pty::ask_shell(line, stop).find("root# ") == std::string::npos);
        CHECK(pty::ask_shell(line, "id -un") == "ann\r\n");
        CHECK(line.foreground_group() == guest);
        CHECK(line.owner().user == 1001);
        CHECK(record_of(world, line).user == "ann");
    }
    // Nor does one that does nothing else keep login busy.
    pty::ask_shell(line, "n=0 SECONDS=0");
    const auto begun = pty::Clock::now();
    const auto stops = std::stoul(
        pty::ask_shell(line, "while ((SECONDS < 3)); do kill -STOP $$; let ++n; done; echo $n"));
    const auto most = static_cast<std::size_t>((pty::Clock::now() - begun) / 100ms + 2);
    CHECK(stops > 1);
    CHECK(stops <= most);
    line.send("exit\r");
    line.expect(roots_prompt);
}

TEST_CASE("login from an interactive shell: what a guest leaves in the queue is gone (T-35)") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    const auto getty = root_at_shell(world, line);
    line.send("login ann\r");
    type_password_of_ann(line);
    // Nobody reads: it waits there, as what TIOCSTI adds.
    const pid_t guest = line.foreground_group();
    line.send("exec sleep 1000\r");
    REQUIRE(pty::wait_until([&] { return process(guest) && process(guest)->name == "sleep"; }));
    line.send("touch /tmp/whole\rtouch /tmp/begun");
    line.expect("touch /tmp/begun");
    ::kill(guest, SIGKILL);
    line.expect(roots_prompt);
    line.send(" /tmp/roots; echo $((6 * 7))\r");
    line.expect("42\r\n");
    CHECK_FALSE(fs::exists("/tmp/whole"));
    CHECK_FALSE(fs::exists("/tmp/begun"));
}

TEST_CASE("login from an interactive shell: nobody outruns the end of a guest (T-35)") {
    if (::access("/usr/bin/perl", X_OK) != 0) {
        tests::skip("needs /usr/bin/perl");
    }
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    // Each lives for a moment, and says that it did. The third has somebody outside of
    // the session who takes them over (PR_SET_CHILD_SUBREAPER), and who may stay.
    world.write_file("/run/hop",
                     "$SIG{HUP} = 'IGNORE';\n"
                     "my $how = shift;\n"
                     "open(my $beats, '>', \"/tmp/$how\");\n"
                     "exit if fork;\n"
                     "if ($how eq 'taken' && !fork) {\n"
                     "    # Until it is told that it has a subreaper.\n"
                     "    select(undef, undef, undef, 0.01) until -e '/tmp/subreaper';\n"
                     "} elsif ($how eq 'taken') {\n"
                     "    require POSIX;\n"
                     "    POSIX::setsid();\n"
                     "    $0 = 'subreaper';\n"
                     "    syscall(157, 36, 1);\n"
                     "    $SIG{CHLD} = 'IGNORE';\n"
                     "    open(STDIN, '<', '/dev/null');\n"
                     "    open(STDOUT, '>', '/dev/null');\n"
                     "    open(STDERR, '>', '/dev/null');\n"
                     "    open(my $ready, '>', '/tmp/subreaper');\n"
                     "    sleep(1000);\n"
                     "    exit;\n"
                     "}\n"
                     "for (;;) {\n"
                     "    exit if fork;\n"
                     "    setpgrp if $how eq 'groups';\n"
                     "    syswrite($beats, '.');\n"
                     "    select(undef, undef, undef, 0.0002) if $how ne 'groups';\n"
                     "}\n");
    pty::Line line;
    const auto getty = root_at_shell(world, line);
    for (const std::string how : {"plain", "groups", "taken"}) {
        CAPTURE(how);
        const auto beats = [&] {
            std::error_code none;
            const auto size = fs::file_size("/tmp/" + how, none);
            return none ? 0 : size;
        };
        line.send("login ann\r");
        type_password_of_ann(line);
        pty::ask_shell(line, "perl /run/hop " + how);
        REQUIRE(pty::wait_until([&] { return beats() > 10; }));
        line.send("exit\r");
        line.expect(roots_prompt);
        const auto at_end = beats();
        pty::let_pass(200ms);
        CHECK(beats() == at_end);
    }
    CHECK(is_running("subreaper"));
}

TEST_CASE("login from an interactive shell: who holds the line is ended, no daemon (T-35)") {
    for (const bool is_container : {false, true}) {
        CAPTURE(is_container);
        const pty::TestWorld world;
        choose_gate(world, pty::Gate::shadow);
        add_person(world, ann);
        pty::Line line;
        const auto shell = line.start_on(
            {.arguments = {"/bin/sh"},
             .environment =
                 {"PS1=" + std::string{roots_prompt},
                  "TERM=dumb",
                  "PATH=" +
                      std::string{
                          std::filesystem::path{pty::World::login()}.parent_path().string()} +
                      ":/usr/bin:/bin"},
             .session = pty::Session::leader_with_terminal,
             .standard = pty::Standard::line,
             .before_exec = is_container ? keep_capabilities_of_a_container : +[] {}});
        line.expect(roots_prompt);
        line.send("login ann\r");
        type_password_of_ann(line);
        for (const char* name : {"reader", "namer", "nested", "daemon", "others"}) {
            pty::ask_shell(line, "cp /bin/sleep /tmp/" + std::string{name});
        }
        const std::string away = " </dev/null >/dev/null 2>&1 &";
        pty::ask_shell(line, "setsid /tmp/reader 1000 <" + line.path() + " >/dev/null 2>&1 &");
        pty::ask_shell(line, "setsid /tmp/namer 1000 3</dev/tty" + away);
        pty::ask_shell(line, "setsid sh -c '/tmp/nested 1000 <" + line.path() + "; :'" + away);
        pty::ask_shell(line, "setsid /tmp/daemon 1000" + away);
        // A terminal of its own, under the name that the line has as well.
        pty::ask_shell(line, "setsid script -qc '/tmp/others 1000 3</dev/tty' /dev/null" + away);
        // Who comes too late to have it open.
        world.write_file("/run/late",
                         "trap 'true <" + line.path() +
                             " && echo opened >/tmp/late || "
                             "echo refused >/tmp/late' HUP\n"
                             "while :; do sleep 0.05; done\n");
        pty::ask_shell(line, "(. /run/late) &");
        for (const char* name : {"reader", "namer", "nested", "daemon", "others"}) {
            CAPTURE(std::string{name});
            REQUIRE(pty::wait_until([&] { return is_running(name); }));
        }
        line.send("exit\r");
        line.expect(roots_prompt);
        CHECK_FALSE(is_running("reader"));
        CHECK_FALSE(is_running("namer"));
        CHECK_FALSE(is_running("nested"));
        CHECK(is_running("daemon"));
        // Without CAP_SYS_PTRACE it may be the line.
        CHECK(is_running("others") == !is_container);
        CHECK(world.read_file("/tmp/late") == "refused\n");
    }
}

TEST_CASE("login from an interactive shell: a wrong password, and the line is the caller's") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    world.append_file("/etc/ttygate/login.conf", "LOGIN_RETRIES 1\n");
    add_person(world, ann);
    pty::Line line;
    const auto getty = root_at_shell(world, line);
    const auto modes = line.modes();
    const auto owner = line.owner();
    line.send("login ann\r");
    line.expect("Password: ");
    line.send("wrong\r");
    line.expect("Login incorrect");
    line.expect(roots_prompt);
    CHECK(same_modes(line.modes(), modes));
    CHECK(line.owner() == owner);
    CHECK(record_of(world, line).user == "root");
}

TEST_CASE("login in the background of a shell is refused, and exec login takes its place (T-35)") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    auto getty = root_at_shell(world, line);
    const auto session = line.session();
    line.send("login ann &\r");
    line.expect("use: exec login");
    line.send("\r");
    line.expect(roots_prompt);
    CHECK(line.session() == session);
    CHECK(record_of(world, line).user == "root");

    line.send("login --exec-shell ann\r");
    line.expect("use: exec login");
    line.expect(roots_prompt);

    line.send("exec login ann\r");
    type_password_of_ann(line);
    CHECK(line.session() != session);
    CHECK(line.session() == line.foreground_group());
    line.send("exit\r");
    // The first login is in between.
    CHECK(getty.wait_exit() == pty::Exit{.status = 0});
    CHECK(line.owner() == pty::nobodys_line);
}

TEST_CASE("login as process 1 takes the line, and reaps what others leave behind") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        choose_gate(world, gate);
        add_person(world, ann);
        pty::Line line;
        auto container = line.start_on({.arguments = {pty::World::login()},
                                        .session = pty::Session::leader,
                                        .before_exec = become_process_one});
        log_in_by_itself(line);
        CHECK(pty::ask_shell(line, "ps -o comm= -p 1") == "login\r\n");
        CHECK(pty::ask_shell(line, "ps -o tty= -p $$") == line.name() + "\r\n");
        // Its parent has gone when it ends.
        pty::ask_shell(line, "sh -c 'sleep 0.1 & echo $! >/tmp/orphan'");
        CHECK(pty::ask_shell(line, "while [ -d /proc/$(cat /tmp/orphan) ]; do :; done; echo reaped")
                  .ends_with("reaped\r\n"));
        line.send("exit\r");
        CHECK(container.wait_exit() == pty::Exit{.status = 0});
        CHECK(line.owner() == pty::nobodys_line);
    }
}

TEST_CASE("login as process 1 with a module that hangs is ended like any other (T-24)") {
    const pty::PamJournal journal;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, ann);
    world.append_file("/etc/ttygate/login.conf", "LOGIN_MODULE_TIMEOUT 1\n");
    journal.be_stack(world, "authenticate:deafen authenticate:sleep=3600");
    pty::Line line;
    auto container = line.start_on({.arguments = {pty::World::login()},
                                    .session = pty::Session::leader,
                                    .before_exec = become_process_one});
    line.expect("login: ");
    line.send("ann\r");
    const auto begun = pty::Clock::now();
    CHECK(container.wait_exit() == pty::Exit{.status = 1});
    // Of the module's hour.
    CHECK(pty::Clock::now() - begun < 15s * pty::slowness);
    CHECK(line.owner() == pty::nobodys_line);
}

TEST_CASE("login as process 1 that is told to end does so") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    for (const bool is_in : {false, true}) {
        CAPTURE(is_in);
        pty::Line line;
        auto container = line.start_on({.arguments = {pty::World::login()},
                                        .session = pty::Session::leader,
                                        .before_exec = become_process_one});
        line.expect("login: ");
        if (is_in) {
            line.send("ann\r");
            type_password_of_ann(line);
        }
        // What leads the container is the only child of the one that made it.
        const auto inside = pty::descendants_of(container.id());
        REQUIRE_FALSE(inside.empty());
        ::kill(inside.front(), SIGTERM);
        CHECK(container.wait_exit() == pty::Exit{.status = is_in ? 0 : 1});
        if (is_in) {
            CHECK(line.owner() == pty::nobodys_line);
        }
    }
}

TEST_CASE("a line of another devpts is not taken for the one of its number here") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        pty::TestWorld world;
        choose_gate(world, gate);
        add_person(world, ann);
        pty::Line line;
        auto login = line.start_on(
            {.arguments = {"/bin/sh", "-c", "read go; exec " + std::string{pty::World::login()}},
             .session = pty::Session::leader_with_terminal});
        REQUIRE(::mount("devpts", "/dev/pts", "devpts", 0, "newinstance,ptmxmode=666") == 0);
        pty::Line other;
        REQUIRE(other.path() == line.path());
        const auto owner = other.owner();
        line.send("\r");
        log_in_by_itself(line);
        CHECK(pty::ask_shell(line, "id -un") == "ann\r\n");
        CHECK(other.owner() == owner);
        CHECK(other.session() == 0);
        // No record by a name that is another's.
        CHECK(world.utmp().empty());
        CHECK(world.count_log("this line has no name here") == 1);
        line.send("exit\r");
        CHECK(login.wait_exit() == pty::Exit{.status = 0});
        CHECK(other.transcript().empty());
        CHECK(other.owner() == owner);
    }
}

TEST_CASE("in a chroot without its line's node login works, with a note and without a record") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        pty::TestWorld world;
        choose_gate(world, gate);
        add_person(world, ann);
        const char* const jail = "/run/jail";
        std::filesystem::create_directory(jail);
        REQUIRE(::mount("/", jail, nullptr, MS_BIND | MS_REC, nullptr) == 0);
        REQUIRE(::umount2("/run/jail/dev/pts", MNT_DETACH) == 0);
        pty::Line line;
        auto command = bare_login();
        command.before_exec = [jail] {
            if (::chroot(jail) != 0) {
                ::_exit(127);
            }
        };
        auto login = line.start_on(command);
        log_in_by_itself(line);
        CHECK(pty::ask_shell(line, "id -un") == "ann\r\n");
        CHECK(line.owner() == pty::Line::Owner{.user = 1001, .group = 5, .mode = 0620});
        CHECK(world.count_log("this line has no name here") == 1);
        CHECK(world.utmp().empty());
        line.send("exit\r");
        CHECK(login.wait_exit() == pty::Exit{.status = 0});
        CHECK(line.owner() == pty::nobodys_line);
    }
}

TEST_CASE("in a container with few capabilities getty and login do their work") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        pty::TestWorld world;
        choose_gate(world, gate);
        add_person(world, ann);
        pty::Line line;
        pty::Command command{.arguments = pty::getty_command()};
        command.before_exec = keep_capabilities_of_a_container;
        auto getty = line.start_for(command);
        pty::log_in(line, "ann", "secret");
        CHECK(pty::ask_shell(line, "id -un") == "ann\r\n");
        CHECK(line.owner() == pty::Line::Owner{.user = 1001, .group = 5, .mode = 0620});
        CHECK(record_of(world, line).user == "ann");
        line.send("exit\r");
        CHECK(getty.wait_exit() == pty::Exit{.status = 0});
        CHECK(line.owner() == pty::nobodys_line);
        CHECK(record_of(world, line).type == DEAD_PROCESS);
    }
}

TEST_CASE("a web terminal: no record before, and one day its window is closed") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const auto journal =
            gate == pty::Gate::pam ? std::optional<pty::PamJournal>{std::in_place} : std::nullopt;
        const pty::TestWorld world;
        choose_gate(world, gate);
        if (journal) {
            journal->join_stack(world);
        }
        add_person(world, ann);
        pty::Line line;
        auto login = line.start_on(bare_login());
        log_in_by_itself(line);
        const auto record = record_of(world, line);
        CHECK(record.user == "ann");
        CHECK(record.process == login.id());
        const pid_t shell = line.session();
        line.close_master();
        CHECK(login.wait_exit() == pty::Exit{.status = 0});
        CHECK_FALSE(process(shell));
        CHECK(record_of(world, line).type == DEAD_PROCESS);
        if (journal) {
            CHECK(pty::PamJournal::steps_of(login.id()) ==
                  "authenticate account establish open reinitialize close delete");
        }
    }
}
