#include "tests/pty/dialogue.hpp"
#include "tests/pty/pam_journal.hpp"
#include "tests/pty/process_table.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <csignal>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

/// What the kernel knows of one process, or nothing when it has gone.
std::optional<pty::RunningProcess> find_process(pid_t id) {
    const auto all = pty::running_processes();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& process) { return process.id == id; });
    return found == all.end() || found->state == 'Z' ? std::nullopt : std::optional{*found};
}

bool goes_on(pid_t id) {
    const char state = pty::state_of(id);
    return state == 'S' || state == 'R';
}

bool is_stopped(pid_t id) {
    return pty::wait_until([&] { return pty::state_of(id) == 'T'; });
}

bool has_ended(pid_t id) {
    return pty::wait_until([&] { return !find_process(id); });
}

/// A line of `ps -o pid,ppid,pgid,sid,tpgid,tty,comm`.
struct Row {
    pid_t id = 0;
    pid_t parent = 0;
    pid_t group = 0;
    pid_t session = 0;
    pid_t foreground = 0;
    std::string terminal;
    std::string name;
};

Row row_of(const std::string& output, const std::string& name) {
    std::istringstream lines{output};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields{line};
        Row row;
        fields >> row.id >> row.parent >> row.group >> row.session >> row.foreground >>
            row.terminal >> row.name;
        if (row.name == name) {
            return row;
        }
    }
    return {};
}

std::string ps(pty::Line& line) {
    return pty::ask_shell(line, "ps -o pid,ppid,pgid,sid,tpgid,tty,comm");
}

pid_t process_started_last(pty::Line& line) {
    return std::stoi(pty::ask_shell(line, "echo $!"));
}

/// Waits until a program has the foreground. By its name: before the shell's
/// child has executed it, it may not heed the keyboard yet.
bool has_foreground(const pty::Line& line, const std::string& name) {
    return pty::wait_until([&] {
        const auto leader = find_process(line.foreground_group());
        return leader && leader->name == name;
    });
}

bool shell_has_foreground(const pty::Line& line) {
    return pty::wait_until([&] { return line.foreground_group() == line.session(); });
}

/// Starts a job that ends up as `sleep`, having taken care of its signals first.
pid_t start_sleeper(pty::Line& line, const std::string& command) {
    ask_shell(line, command);
    const pid_t sleeper = process_started_last(line);
    REQUIRE(pty::wait_until([&] {
        const auto process = find_process(sleeper);
        return process && process->name == "sleep";
    }));
    return sleeper;
}

/// What shells say when they find no terminal they can control.
void check_no_complaint(const pty::Line& line) {
    CHECK(line.transcript().find("job control") == std::string::npos);
    CHECK(line.transcript().find("can't access tty") == std::string::npos);
}

const std::string nohup_sleep = "nohup sleep 1000 >/dev/null 2>&1 </dev/null &";

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};
const pty::Account ann_with_bash{
    .name = "ann", .user = 1001, .password = "secret", .shell = "/bin/bash"};

/// A script of ann's, below her home.
void write_script(const pty::World& world, const std::string& name, const std::string& text) {
    world.write_file("/home/ann/" + name, text);
}

std::string file_of_ann(const pty::World& world, const std::string& name) {
    const std::string path = "/home/ann/" + name;
    return ::access(path.c_str(), F_OK) == 0 ? world.read_file(path) : std::string{};
}

/// Waits until a script has written its process id.
pid_t process_id_in(const pty::World& world, const std::string& name) {
    REQUIRE(pty::wait_until([&] { return file_of_ann(world, name).ends_with("\n"); }));
    return std::stoi(file_of_ann(world, name));
}

}  // namespace

TEST_CASE("the shell leads its session, owns the line, and the foreground follows the job") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        choose_gate(world, gate);
        add_person(world, ann);
        pty::Line line;
        const auto getty = start_getty(line);
        log_in(line, "ann", "secret");

        const std::string table = ps(line);
        const Row shell = row_of(table, "sh");
        CHECK(shell.session == shell.id);
        CHECK(shell.group == shell.id);
        CHECK(shell.terminal == line.name());
        const Row job = row_of(table, "ps");
        CHECK(job.session == shell.id);
        CHECK(job.group == job.id);
        CHECK(job.foreground == job.group);
        CHECK(shell.foreground == job.group);
        CHECK(job.terminal == line.name());

        CHECK(line.foreground_group() == shell.id);
        line.send("sleep 1000\r");
        CHECK(has_foreground(line, "sleep"));
        CHECK(line.foreground_group() != shell.id);
        line.send("\x03");
        line.expect(pty::shell_prompt);
        CHECK(line.foreground_group() == shell.id);
        check_no_complaint(line);
    }
}

TEST_CASE("the record names login's process and the shell's session; login is getty's process") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        choose_gate(world, gate);
        add_person(world, ann);
        pty::Line line;
        const auto getty = start_getty(line);
        line.expect("login: ");
        CHECK(record_of(world, line).type == LOGIN_PROCESS);
        CHECK(record_of(world, line).process == getty.id());
        CHECK(record_of(world, line).session == getty.id());
        line.send("ann\r");
        line.expect("Password: ");
        line.send("secret\r");
        line.expect(pty::shell_prompt);

        const auto record = record_of(world, line);
        CHECK(record.type == USER_PROCESS);
        CHECK(record.user == "ann");
        CHECK(record.process == getty.id());
        CHECK(find_process(getty.id())->name == "login");
        CHECK(record.session == line.session());
        CHECK(row_of(ps(line), "sh").session == record.session);
        // One record for the line, over the one that getty has left.
        CHECK(world.utmp().size() == 1);
    }
}

TEST_CASE("bash suspends, continues and interrupts jobs, each as a group of its own") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann_with_bash);
    pty::Line line;
    line.resize(24, 200);
    const auto getty = start_getty(line);
    log_in(line, "ann", "secret");

    ask_shell(line, "sleep 1001 &");
    const pid_t bystander = process_started_last(line);
    line.send("sleep 1002\r");
    REQUIRE(has_foreground(line, "sleep"));
    const pid_t job = line.foreground_group();
    line.send("\x1a");
    line.expect("Stopped");
    line.expect(pty::shell_prompt);
    CHECK(is_stopped(job));
    CHECK(shell_has_foreground(line));

    CHECK(ask_shell(line, "bg").find("sleep 1002 &") != std::string::npos);
    CHECK(pty::wait_until([&] { return goes_on(job); }));
    CHECK(shell_has_foreground(line));

    line.send("fg\r");
    CHECK(pty::wait_until([&] { return line.foreground_group() == job; }));
    line.send("\x03");
    line.expect(pty::shell_prompt);
    CHECK(has_ended(job));
    CHECK(pty::wait_until([&] { return goes_on(bystander) && goes_on(line.session()); }));
    check_no_complaint(line);
}

TEST_CASE("a background job that reads the line stops, and goes on in the foreground") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann_with_bash);
    pty::Line line;
    line.resize(24, 200);
    const auto getty = start_getty(line);
    log_in(line, "ann", "secret");

    ask_shell(line, "cat &");
    const pid_t reader = process_started_last(line);
    CHECK(is_stopped(reader));
    CHECK(ask_shell(line, "jobs -l").find("Stopped (tty input)") != std::string::npos);
    line.send("fg\r");
    CHECK(pty::wait_until([&] { return line.foreground_group() == reader; }));
    line.send("to the cat\r");
    line.expect("to the cat\r\nto the cat\r\n");
    line.send("\x04");
    line.expect(pty::shell_prompt);
    check_no_complaint(line);
}

TEST_CASE("stty tostop stops a background job that writes to the line") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann_with_bash);
    pty::Line line;
    line.resize(24, 200);
    const auto getty = start_getty(line);
    log_in(line, "ann", "secret");

    ask_shell(line, "stty tostop");
    ask_shell(line, "env printf 'lo%s' ud &");
    const pid_t writer = process_started_last(line);
    CHECK(is_stopped(writer));
    CHECK(ask_shell(line, "jobs -l").find("Stopped (tty output)") != std::string::npos);
    CHECK(line.transcript().find("loud") == std::string::npos);
    line.send("fg\r");
    line.expect("loud");
}

TEST_CASE("closing the master hangs up the shell, and login closes all within a second (T-33)") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const std::optional<pty::PamJournal> journal =
            gate == pty::Gate::pam ? std::optional<pty::PamJournal>{std::in_place} : std::nullopt;
        const pty::TestWorld world;
        choose_gate(world, gate);
        if (journal) {
            journal->join_stack(world);
        }
        add_person(world, ann);
        write_script(world,
                     "wait",
                     "trap 'echo hung up >>signals; exit' HUP\n"
                     "echo waiting\n"
                     "while :; do sleep 0.05; done\n");
        pty::Line line;
        auto getty = start_getty(line);
        log_in(line, "ann", "secret");
        // The script takes the shell's place: it is what controls the line now.
        line.send("exec sh ./wait\r");
        line.expect("waiting\r\n");
        const pid_t shell = line.session();
        line.close_master();
        const auto closed = pty::Clock::now();
        CHECK(getty.wait_exit().signal == 0);
        // A second, and more of it for a machine that is busy; after three the shell
        // would have been killed.
        CHECK(pty::Clock::now() - closed < 2800ms * pty::slowness);
        CHECK(file_of_ann(world, "signals").starts_with("hung up\n"));
        CHECK_FALSE(find_process(shell));
        CHECK(record_of(world, line).type == DEAD_PROCESS);
        CHECK(count_in_wtmp(world, line, USER_PROCESS) == 1);
        CHECK(count_in_wtmp(world, line, DEAD_PROCESS) == 1);
        if (journal) {
            CHECK(pty::PamJournal::steps_of(getty.id()) ==
                  "authenticate account establish open reinitialize close delete");
        }
    }
}

TEST_CASE("after a hang-up a stopped job is woken to hear of it, and a nohup job goes on") {
    for (const std::string shell : {"/bin/sh", "/bin/bash"}) {
        CAPTURE(shell);
        const pty::TestWorld world;
        choose_gate(world, pty::Gate::shadow);
        add_person(world, {.name = "ann", .user = 1001, .password = "secret", .shell = shell});
        write_script(world,
                     "stopping",
                     "trap '' TERM\n"  // which bash sends as well
                     "trap 'echo hangup >>signals; hangup=1' HUP\n"
                     "trap 'echo continue >>signals; continue=1' CONT\n"
                     "echo $$ >stopping.pid\n"
                     "kill -STOP $$\n"
                     "until test \"$hangup$continue\" = 11; do sleep 0.05; done\n");
        pty::Line line;
        line.resize(24, 200);
        auto getty = start_getty(line);
        log_in(line, "ann", "secret");
        const pid_t survivor = start_sleeper(line, nohup_sleep);
        ask_shell(line, "sh ./stopping &");
        const pid_t stopping = process_id_in(world, "stopping.pid");
        CHECK(is_stopped(stopping));
        CHECK(file_of_ann(world, "signals").empty());

        line.close_master();
        CHECK(has_ended(stopping));
        const auto signals = file_of_ann(world, "signals");
        CHECK(signals.find("hangup\n") != std::string::npos);
        CHECK(signals.find("continue\n") != std::string::npos);
        CHECK(getty.wait_exit().signal == 0);
        CHECK(record_of(world, line).type == DEAD_PROCESS);
        CHECK(goes_on(survivor));
    }
}

TEST_CASE("a nohup job goes on after its person has logged out") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    auto getty = start_getty(line);
    log_in(line, "ann", "secret");
    const pid_t survivor = start_sleeper(line, nohup_sleep);
    line.send("exit\r");
    CHECK(getty.wait_exit() == pty::Exit{.status = 0});
    CHECK(goes_on(survivor));
}

TEST_CASE("a job that ignores the hang-up and holds the line does not hold login") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    auto getty = start_getty(line);
    log_in(line, "ann", "secret");
    const pid_t survivor = start_sleeper(line, "(trap '' HUP; exec sleep 1000) &");
    line.send("exit\r");
    CHECK(getty.wait_exit() == pty::Exit{.status = 0});
    CHECK(record_of(world, line).type == DEAD_PROCESS);
    CHECK(line.owner() == pty::nobodys_line);
    CHECK(goes_on(survivor));
}

TEST_CASE("a password is read from the terminal within a pipeline, not from the pipe") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann_with_bash);
    add_person(world, {.name = "bob", .user = 1002, .password = "bobs own"});
    pty::Line line;
    line.resize(24, 200);
    const auto getty = start_getty(line);
    log_in(line, "ann", "secret");

    // As programs do that ask by /dev/tty, like getpass(3).
    line.send("echo piped | (read -rsp 'Secret? ' x </dev/tty; cat; echo got $x) | tr a-z A-Z\r");
    line.expect("tr a-z A-Z\r\nSecret? ");
    line.send("typed\r");
    line.expect("PIPED\r\nGOT TYPED\r\n");
    line.expect(pty::shell_prompt);

    // Debian's su asks on its standard input: given the terminal, it finds one
    // whose echo it can turn off, although it is the middle of a job. (The pipe
    // stays open: bash takes the line back when a part of a job has no reader.)
    line.send("echo piped | su bob -c 'id -un' 3<&0 </dev/tty | tr a-z A-Z\r");
    line.expect("tr a-z A-Z\r\n");
    line.expect("Password: ");
    CHECK((line.modes().c_lflag & ECHO) == 0U);
    line.send("bobs own\r");
    line.expect("BOB\r\n");
    line.expect(pty::shell_prompt);
    CHECK(line.transcript().find("bobs own") == std::string::npos);
}

TEST_CASE("an orphaned background job that reads the line is told of an error") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    write_script(world,
                 "orphan",
                 "until test \"$parent\" = 1; do\n"
                 "    sleep 0.05\n"
                 "    read -r id name state parent rest </proc/$$/stat\n"
                 "done\n"
                 "LC_ALL=C cat </dev/tty 2>error\n"
                 "echo $? >>error\n");
    pty::Line line;
    const auto getty = start_getty(line);
    log_in(line, "ann", "secret");
    ask_shell(line, "(sh ./orphan &)");
    CHECK(pty::wait_until([&] { return file_of_ann(world, "error").ends_with("1\n"); }));
    CHECK(file_of_ann(world, "error") == "cat: -: Input/output error\n1\n");
}

TEST_CASE("a shell without job control keeps its background jobs in its own group") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    const auto getty = start_getty(line);
    log_in(line, "ann", "secret");
    ask_shell(line, "sh +m");
    const pid_t shell = line.foreground_group();
    CHECK(shell != line.session());
    ask_shell(line, "sleep 1000 &");
    const pid_t job = process_started_last(line);
    CHECK(find_process(job)->group == shell);
    check_no_complaint(line);
    // Not stopped, as it would be in a group of its own: it is the foreground.
    const pid_t reader = std::stoi(ask_shell(line, "cat </dev/tty >copy & echo $!"));
    pty::let_pass(100ms);
    CHECK(goes_on(reader));
}

TEST_CASE("every shell controls the line without a complaint") {
    for (const std::string shell : {"/bin/sh", "/bin/dash", "/bin/bash", "/usr/bin/bash"}) {
        CAPTURE(shell);
        const pty::TestWorld world;
        choose_gate(world, pty::Gate::shadow);
        add_person(world, {.name = "ann", .user = 1001, .password = "secret", .shell = shell});
        pty::Line line;
        const auto getty = start_getty(line);
        log_in(line, "ann", "secret");
        CHECK(ask_shell(line, "echo $0") == "-" + shell.substr(shell.rfind('/') + 1) + "\r\n");
        CHECK(ask_shell(line, "tty") == line.path() + "\r\n");
        check_no_complaint(line);
    }
}
