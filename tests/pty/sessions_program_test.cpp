// sessions(1): what it says of sessions that getty and login have made, and
// what it does to them.

#include "common/record.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/process_table.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

using Words = std::vector<std::string>;

pty::Finished sessions(const Words& options) {
    Words words{pty::World::sessions()};
    words.insert(words.end(), options.begin(), options.end());
    return pty::run({.arguments = words}, 20 * pty::default_deadline / 5);
}

/// The object about a line in the JSON text, or "".
std::string object_about(const std::string& line) {
    const auto finished = sessions({"--json"});
    REQUIRE(finished.exit == pty::Exit{.status = 0});
    const std::string key = "\"line\": \"" + line + "\", \"host\": ";
    const auto found = finished.output.find(key);
    if (found == std::string::npos) {
        return {};
    }
    const auto begin = finished.output.rfind("\n  {", found);
    return finished.output.substr(begin + 3, finished.output.find('\n', found) - begin - 3);
}

bool says(const std::string& object, const std::string& name, const std::string& value) {
    return object.find("\"" + name + "\": " + value) != std::string::npos;
}

bool agrees(const pty::Line& line, const std::string& word) {
    return says(object_about(line.name()), "agreement", "\"" + word + "\"");
}

bool lives(pid_t id) {
    const auto all = pty::running_processes();
    return std::any_of(all.begin(), all.end(), [id](const pty::RunningProcess& process) {
        return process.id == id && process.state != 'Z';
    });
}

pid_t session_of(pid_t id) {
    const auto all = pty::running_processes();
    const auto found = std::find_if(
        all.begin(), all.end(), [id](const pty::RunningProcess& p) { return p.id == id; });
    return found == all.end() ? 0 : found->session;
}

/// By its name: before the shell's child has executed it, it may not heed the keyboard.
bool foreground_is(const pty::Line& line, const std::string& name) {
    const auto all = pty::running_processes();
    return std::any_of(all.begin(), all.end(), [&](const pty::RunningProcess& process) {
        return process.id == line.foreground_group() && process.name == name;
    });
}

std::string bytes_of(const utmpx& record) {
    return {reinterpret_cast<const char*>(&record), sizeof record};  // NOLINT(*-reinterpret-cast)
}

utmpx written(std::string_view line, pid_t process, std::chrono::seconds ago = 0s) {
    return common::login_record({.line = line,
                                 .user = "eve",
                                 .process = process,
                                 .when = std::chrono::time_point_cast<std::chrono::microseconds>(
                                     std::chrono::system_clock::now() - ago)});
}

/// An audit session for what is started: pam_loginuid(8) does this at a login.
void enter_audit_session() {
    const int file = ::open("/proc/self/loginuid", O_WRONLY | O_CLOEXEC);
    (void)!::write(file, "1000", 4);
    ::close(file);
}

void need_audit_sessions() {
    const auto finished = pty::run(
        {.arguments = {"/bin/cat", "/proc/self/sessionid"}, .before_exec = enter_audit_session});
    if (finished.output.empty() || finished.output == "4294967295") {
        tests::skip("needs a kernel with audit sessions (/proc/self/loginuid can be written)");
    }
}

const pty::Account ann{.name = "ann", .password = "secret"};

pty::Process start_audited_getty(const pty::Line& line) {
    return line.start_for({.arguments = pty::getty_command(), .before_exec = enter_audit_session});
}

/// The process id that a command left in a file of ann's.
pid_t id_in(const std::string& name) {
    const std::string path = "/home/ann/" + name;
    std::string text;
    REQUIRE(pty::wait_until([&] {
        std::ifstream file{path};
        text.assign(std::istreambuf_iterator<char>{file}, {});
        return text.ends_with("\n");
    }));
    return std::stoi(text);
}

}  // namespace

TEST_CASE("sessions lists who is logged in, and the record agrees") {
    const pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    const auto getty = start_getty(line);
    line.expect("login: ");
    // A getty that waits is nobody.
    CHECK(pty::wait_until([&] { return object_about(line.name()).empty(); }));
    line.send("ann\r");
    line.expect("Password: ");
    line.send("secret\r");
    line.expect(pty::shell_prompt);

    const std::string object = object_about(line.name());
    CAPTURE(object);
    CHECK(says(object, "user", "\"ann\""));
    CHECK(says(object, "sid", std::to_string(line.session())));
    CHECK(says(object, "tpgid", std::to_string(line.session())));
    CHECK(says(object, "processes", "1"));
    CHECK(says(object, "escaped", "[]"));
    CHECK(says(object, "pid", std::to_string(getty.id())));
    CHECK(says(object, "session", std::to_string(line.session())));
    CHECK(says(object, "agreement", "\"ok\""));
    CHECK_FALSE(says(object, "idle", "null"));

    line.send("sleep 1000\r");
    CHECK(pty::wait_until([&] {
        const std::string now = object_about(line.name());
        return says(now, "command", "\"sleep\"") &&
               says(now, "tpgid", std::to_string(line.foreground_group())) &&
               says(now, "processes", "2");
    }));
    const auto list = sessions({});
    CHECK(list.exit == pty::Exit{.status = 0});
    CHECK(list.output.starts_with("USER "));
    CHECK(list.output.find("\nann   " + line.name() + " ") != std::string::npos);
}

TEST_CASE("sessions tells a record that is missing, stale, or of a number used again") {
    const pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    const auto getty = start_getty(line);
    log_in(line, "ann", "secret");
    CHECK(agrees(line, "ok"));
    const std::string kept = world.read_file("/run/utmp");

    world.write_file("/run/utmp", "", 0664);
    CHECK(agrees(line, "missing"));
    world.remove_file("/run/utmp");
    CHECK(agrees(line, "missing"));

    // As one that anybody of group utmp could have written.
    world.write_file("/run/utmp", bytes_of(written(line.name(), 1)), 0664);
    CHECK(agrees(line, "stale"));
    pty::Process stranger{{.arguments = {"/bin/sleep", "1000"}}};
    world.write_file("/run/utmp", bytes_of(written(line.name(), stranger.id(), 100s)), 0664);
    CHECK(agrees(line, "reused pid"));
    world.write_file("/run/utmp", bytes_of(written("../../etc/shadow", stranger.id())), 0664);
    CHECK(says(object_about("../../etc/shadow"), "agreement", "\"ok\""));

    // The clock was set after the login: the record is old, but it is right.
    auto old = written(line.name(), getty.id(), 1000s);
    world.write_file("/run/utmp", bytes_of(old), 0664);
    CHECK(agrees(line, "ok"));

    world.write_file("/run/utmp", kept, 0664);
    CHECK(agrees(line, "ok"));
    getty.signal(SIGKILL);
    CHECK(pty::wait_until(
        [&] { return agrees(line, "stale") || object_about(line.name()).empty(); }));
    CHECK(agrees(line, "stale"));
}

TEST_CASE("sessions --repair marks the wrong records dead, and only those") {
    pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    const auto getty = start_getty(line);
    log_in(line, "ann", "secret");
    pty::Process stranger{{.arguments = {"/bin/sleep", "1000"}}};
    const pid_t gone = pty::Process{{.arguments = {"/bin/sleep", "1000"}}}.id();
    auto waiting = written("tty9", gone);
    waiting.ut_type = LOGIN_PROCESS;
    auto stale = written("pts/77", gone);
    stale.ut_exit.e_exit = 3;
    for (const utmpx& record :
         {stale, waiting, written("pts/78", stranger.id(), 100s), written(":0", stranger.id())}) {
        world.append_file("/run/utmp", bytes_of(record));
    }
    const auto wtmp_before = world.wtmp().size();

    const auto repaired = sessions({"--repair"});
    CHECK(repaired.exit == pty::Exit{.status = 0});
    CHECK(repaired.output == "eve on pts/77 (process " + std::to_string(gone) + "): marked dead\n" +
                                 "eve on tty9 (process " + std::to_string(gone) +
                                 "): marked dead\n" + "eve on pts/78 (process " +
                                 std::to_string(stranger.id()) + "): marked dead\n");
    const auto after = world.utmp();
    const auto type_of = [&](const std::string& name) {
        return pty::last_for_line(after, name).value_or(pty::Record{}).type;
    };
    CHECK(type_of("pts/77") == DEAD_PROCESS);
    CHECK(type_of("tty9") == DEAD_PROCESS);
    CHECK(type_of("pts/78") == DEAD_PROCESS);
    CHECK(type_of(":0") == USER_PROCESS);
    CHECK(type_of(line.name()) == USER_PROCESS);
    CHECK(pty::last_for_line(after, "pts/77")->user.empty());
    CHECK(pty::last_for_line(after, "pts/77")->exit_status == 3);
    // A getty has not logged in.
    CHECK(world.wtmp().size() == wtmp_before + 2);
    CHECK(agrees(line, "ok"));
    world.wait_for_log("marked dead: eve on pts/77");

    CHECK(sessions({"--repair"}).output.empty());
    CHECK(world.wtmp().size() == wtmp_before + 2);
}

TEST_CASE("sessions --repair is for root") {
    const pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    const auto getty = start_getty(line);
    log_in(line, "ann", "secret");
    const std::string before = world.read_file("/run/utmp");
    line.send(std::string{pty::World::sessions()} + " --repair\r");
    line.expect("sessions: --repair is for root");
    line.expect(pty::shell_prompt);
    CHECK(world.read_file("/run/utmp") == before);
    // The list is for everybody.
    CHECK(pty::ask_shell(line, pty::World::sessions()).find("ann") != std::string::npos);
}

TEST_CASE("where /proc hides other people's processes their records are not called stale") {
    pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    const auto getty = start_getty(line);
    log_in(line, "ann", "secret");
    pty::Process stranger{{.arguments = {"/bin/sleep", "1000"}}};
    const pid_t gone = pty::Process{{.arguments = {"/bin/sleep", "1000"}}}.id();
    world.append_file("/run/utmp", bytes_of(written("pts/77", stranger.id())));
    world.append_file("/run/utmp", bytes_of(written("pts/78", gone)));
    if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "hidepid=invisible") !=
        0) {
        tests::skip("needs a /proc that can hide processes");
    }
    const std::string list = pty::ask_shell(line, std::string{pty::World::sessions()} + " --json");
    ::umount2("/proc", MNT_DETACH);
    const auto agreement_on = [&list](const std::string& name) {
        const auto found = list.find("\"line\": \"" + name + "\"");
        const auto end = list.find('\n', std::min(found, list.size()));
        const std::string object = list.substr(std::min(found, list.size()), end - found);
        const std::string key = "\"agreement\": \"";
        const auto at = object.find(key);
        return at == std::string::npos
                   ? std::string{}
                   : object.substr(at + key.size(),
                                   object.find('"', at + key.size()) - at - key.size());
    };
    CHECK(agreement_on(line.name()) == "ok");
    CHECK(agreement_on("pts/77") == "ok");
    CHECK(agreement_on("pts/78") == "stale");
}

TEST_CASE("sessions --tree shows a session as the textbook's ps does") {
    const pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    const auto getty = start_getty(line);
    log_in(line, "ann", "secret");
    const pid_t shell = line.session();
    line.send("sleep 1000\r");
    REQUIRE(pty::wait_until([&] { return foreground_is(line, "sleep"); }));
    const pid_t job = line.foreground_group();
    const auto row = [](pid_t id, pid_t parent, pid_t group, pid_t session, pid_t foreground) {
        std::string text;
        for (const pid_t number : {id, parent, group, session, foreground}) {
            text += std::to_string(number) + " ";
        }
        return text;
    };
    const auto squeezed = [](const std::string& text) {
        std::string result;
        for (const char c : text) {
            if (c != ' ' || (!result.empty() && result.back() != ' ' && result.back() != '\n')) {
                result += c;
            }
        }
        return result;
    };
    const auto tree = [&] { return squeezed(sessions({"--tree", std::to_string(shell)}).output); };
    const std::string asleep = "PID PPID PGID SID TPGID S GROUP COMMAND\n" +
                               row(shell, getty.id(), shell, shell, job) + "S orphaned sh\n" +
                               row(job, shell, job, shell, job) + "S - sleep\n";
    std::string seen;
    // It runs for a moment before it sleeps.
    pty::wait_until([&] { return (seen = tree()) == asleep; });
    CHECK(seen == asleep);
    line.send("\x1a");
    line.expect(pty::shell_prompt);
    CHECK(tree().find(row(job, shell, job, shell, shell) + "T stopped sleep\n") !=
          std::string::npos);

    const auto none = sessions({"--tree", std::to_string(job)});
    CHECK(none.exit == pty::Exit{.status = 1});
    CHECK(none.output.find("there is no session " + std::to_string(job)) != std::string::npos);
}

TEST_CASE("sessions finds what left the session by setsid, and --end ends that too, even stopped") {
    pty::TestWorld world;
    need_audit_sessions();
    add_person(world, ann);
    pty::Line line;
    auto getty = start_audited_getty(line);
    log_in(line, "ann", "secret");
    pty::Line other_line;
    pty::Process other = start_audited_getty(other_line);
    log_in(other_line, "ann", "secret");
    const pid_t shell = line.session();
    const pid_t other_shell = other_line.session();
    // A daemon: its parent ends, it has a session of its own, and heeds no SIGHUP.
    line.send("(setsid sh -c 'trap \"\" HUP; echo $$ >daemon; while :; do sleep 1; done' &)\r");
    const pid_t daemon = id_in("daemon");
    line.expect(pty::shell_prompt);
    CHECK(pty::wait_until(
        [&] { return says(object_about(line.name()), "escaped", "[" + std::to_string(daemon)); }));
    CHECK(says(object_about(other_line.name()), "escaped", "[]"));
    CHECK(sessions({"--tree", std::to_string(shell)}).output.find("escaped,orphaned") !=
          std::string::npos);

    // No terminal's hang-up continues it.
    ::kill(daemon, SIGSTOP);
    const auto ended = sessions({"--end", line.name()});
    CHECK(ended.exit == pty::Exit{.status = 0});
    CHECK(ended.output.starts_with("session " + std::to_string(shell) + ": "));
    CHECK(ended.output.find(" 0 by KILL") != std::string::npos);
    CHECK_FALSE(lives(shell));
    CHECK_FALSE(lives(daemon));
    // login is above the session: it has undone what it did.
    CHECK(pty::wait_until([&] { return !getty.is_running(); }));
    CHECK(record_of(world, line).type == DEAD_PROCESS);
    CHECK(lives(other_shell));
    CHECK(agrees(other_line, "ok"));
    world.wait_for_log("session " + std::to_string(shell) + ": ");
}

TEST_CASE("without a mark nothing is taken for escaped") {
    const pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    auto getty = start_getty(line);
    log_in(line, "ann", "secret");
    line.send("(setsid sh -c 'echo $$ >daemon; exec sleep 1000' &)\r");
    const pid_t daemon = id_in("daemon");
    line.expect(pty::shell_prompt);
    REQUIRE(session_of(daemon) == daemon);
    CHECK(says(object_about(line.name()), "escaped", "[]"));
    CHECK(sessions({"--end", std::to_string(line.session())}).exit == pty::Exit{.status = 0});
    CHECK(pty::wait_until([&] { return !getty.is_running(); }));
    CHECK(lives(daemon));
}

TEST_CASE("sessions --end kills what heeds nothing, and spares what carries no mark") {
    const pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    auto getty = start_getty(line);
    log_in(line, "ann", "secret");
    line.send("sleep 1000\r");
    REQUIRE(pty::wait_until([&] { return foreground_is(line, "sleep"); }));
    const pid_t stopped = line.foreground_group();
    line.send("\x1a");
    line.expect(pty::shell_prompt);
    // What it has sent away before carries no mark: it is not taken for escaped.
    line.send(
        "sh -c 'trap \"\" HUP TERM; setsid sleep 1000 & echo $! >away; echo $$ >deaf; "
        "while :; do sleep 1; done' &\r");
    const pid_t away = id_in("away");
    REQUIRE(pty::wait_until([away] { return session_of(away) == away; }));
    const pid_t deaf = id_in("deaf");
    line.expect(pty::shell_prompt);
    const pid_t shell = line.session();

    const auto ended = sessions({"--end", "/dev/" + line.name()});
    CHECK(ended.exit == pty::Exit{.status = 0});
    CHECK(ended.output.find(" 0 by KILL") == std::string::npos);
    for (const pid_t process : {shell, stopped, deaf}) {
        CHECK_FALSE(lives(process));
    }
    CHECK(lives(away));
    CHECK(pty::wait_until([&] { return !getty.is_running(); }));
}

TEST_CASE("sessions --end takes what is on a line from the kernel, never from a record") {
    const pty::TestWorld world;
    add_person(world, ann);
    pty::Process victim{{.arguments = {"/bin/sleep", "1000"}}};
    world.append_file("/run/utmp", bytes_of(written("pts/77", victim.id())));
    const auto ended = sessions({"--end", "pts/77"});
    CHECK(ended.exit == pty::Exit{.status = 1});
    CHECK(ended.output.find("there is no session on \"pts/77\"") != std::string::npos);
    CHECK(victim.is_running());
}

TEST_CASE("somebody else's session is not ended, and that is said at once") {
    const pty::TestWorld world;
    add_person(world, ann);
    add_person(world, {.name = "bob", .user = 1001, .password = "hidden"});
    pty::Line line;
    auto getty = start_getty(line);
    log_in(line, "ann", "secret");
    pty::Line other;
    const auto other_getty = start_getty(other);
    log_in(other, "bob", "hidden");
    const auto begin = pty::Clock::now();
    const std::string said = pty::ask_shell(
        other, std::string{pty::World::sessions()} + " --end " + line.name() + "; echo status $?");
    CHECK(said.find("still there: 1 (Operation not permitted)") != std::string::npos);
    CHECK(said.find("status 1") != std::string::npos);
    // Who is waited for has two seconds, three, and three more.
    CHECK(pty::Clock::now() - begin < 6s * pty::slowness);
    CHECK(agrees(line, "ok"));
}

TEST_CASE("sessions ends its own session by its line only") {
    const pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    auto getty = start_getty(line);
    log_in(line, "ann", "secret");
    const std::string shell = std::to_string(line.session());
    const std::string program = pty::World::sessions();
    CHECK(pty::ask_shell(line, program + " --end " + shell)
              .find("session " + shell + " is your own: say its line if you mean it") !=
          std::string::npos);
    CHECK(pty::ask_shell(line, program + " --end 1").find("there is no session 1") !=
          std::string::npos);
    line.send("(trap '' HUP; exec sleep 1000) & " + program + " --end " + line.name() + "\r");
    CHECK(pty::wait_until([&] { return !getty.is_running(); }, 2 * pty::default_deadline));
    CHECK_FALSE(lives(std::stoi(shell)));
    CHECK(record_of(world, line).type == DEAD_PROCESS);
    CHECK(pty::wait_until([&] {
        const auto all = pty::running_processes();
        return std::none_of(all.begin(), all.end(), [&](const pty::RunningProcess& process) {
            return process.session == std::stoi(shell) && process.state != 'Z';
        });
    }));
}

TEST_CASE("sessions --watch shows what changes, fits the window, and leaves it as it was") {
    const pty::TestWorld world;
    add_person(world, ann);
    struct Case {
        std::string keys;
        int signal;
    };
    for (const Case& c : {Case{"q", 0}, Case{"\x03", 0}, Case{"\x04", 0}, Case{"", SIGTERM}}) {
        CAPTURE(c.signal);
        CAPTURE(c.keys);
        pty::Line screen;
        screen.resize(10, 60);
        const termios before = screen.modes();
        auto watch = screen.start_on({.arguments = {pty::World::sessions(), "--watch"},
                                      .session = pty::Session::leader_with_terminal,
                                      .standard = pty::Standard::line});
        screen.expect("\033[H\033[JUSER ");
        CHECK((screen.modes().c_lflag & (ECHO | ICANON)) == 0);
        pty::Line line;
        const auto getty = start_getty(line);
        log_in(line, "ann", "secret");
        screen.expect("\r\nann ");
        // At once, and no wider than it is.
        screen.resize(2, 20);
        static_cast<void>(screen.take_received());
        screen.expect("\033[H\033[J");
        screen.expect("\033[H\033[J");
        const std::string drawn = screen.expect("\033[H\033[J");
        CHECK(std::count(drawn.begin(), drawn.end(), '\n') == 1);
        // The line adds a return to each newline.
        CHECK(drawn.size() <= 19 + 3);
        screen.send(c.keys);
        if (c.signal != 0) {
            watch.signal(c.signal);
        }
        CHECK(watch.wait_exit() == pty::Exit{.status = 0});
        CHECK(screen.modes().c_lflag == before.c_lflag);
    }
    pty::Line screen;
    auto watch = screen.start_on({.arguments = {pty::World::sessions(), "-w"},
                                  .session = pty::Session::leader_with_terminal,
                                  .standard = pty::Standard::line});
    screen.expect("USER ");
    screen.close_master();
    (void)watch.wait_exit();
    const auto blind = sessions({"--watch"});
    CHECK(blind.exit == pty::Exit{.status = 1});
    CHECK(blind.output.find("--watch needs a terminal") != std::string::npos);
}

TEST_CASE("sessions says what it can do and which version it is") {
    const pty::TestWorld world;
    const auto help = sessions({"--help"});
    CHECK(help.exit == pty::Exit{.status = 0});
    CHECK(help.output.find("--tree SID") != std::string::npos);
    CHECK(sessions({"--version"}).output.starts_with("sessions (ttygate) "));
    const auto wrong = sessions({"--nonsense"});
    CHECK(wrong.exit == pty::Exit{.status = 1});
    CHECK(wrong.output.find("Try 'sessions --help'") != std::string::npos);
}

TEST_CASE("T-42: a process and a record may call themselves anything") {
    const pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    const auto getty = start_getty(line);
    log_in(line, "ann", "secret");
    // A comm of control bytes in the foreground.
    line.send(
        "cp /bin/sleep \"$(printf 'a\\033]0;b\\n)c')\"; \"./$(printf 'a\\033]0;b\\n)c')\" 1000\r");
    CHECK(pty::wait_until(
        [&] { return says(object_about(line.name()), "command", "\"a^[]0;b^J)c\""); }));
    auto record = written("pts/77\033[2J", 1);
    std::fill(std::begin(record.ut_host), std::end(record.ut_host), '\x9b');
    std::fill(std::begin(record.ut_user), std::end(record.ut_user), '\n');
    world.append_file("/run/utmp", bytes_of(record));
    // Half a record at the end, too.
    world.append_file("/run/utmp", bytes_of(record).substr(0, 100));
    for (const Words& options :
         {Words{}, Words{"--json"}, Words{"--tree", std::to_string(line.session())}}) {
        const std::string output = sessions(options).output;
        CHECK(output.size() > 100);
        CHECK(std::all_of(output.begin(), output.end(), [](char c) {
            return c == '\n' || (c >= ' ' && c <= '~');
        }));
    }
}

TEST_CASE("sessions is no slower than ps with thousands of processes") {
    const pty::TestWorld world;
    need_audit_sessions();
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("a sanitizer costs more than what is measured");
    }
    if (!std::filesystem::exists("/bin/ps")) {
        tests::skip("needs ps");
    }
    add_person(world, ann);
    // With an audit session to look for, which is the most work there is.
    pty::Line line;
    const auto getty = start_audited_getty(line);
    log_in(line, "ann", "secret");
    constexpr int crowd = 3000;
    const pid_t parent = ::fork();
    if (parent == 0) {
        for (int i = 0; i < crowd; ++i) {
            if (::fork() == 0) {
                break;
            }
        }
        for (;;) {
            ::pause();
        }
    }
    REQUIRE(pty::wait_until([] { return pty::running_processes().size() > crowd; }, 30s));
    const auto time_of = [](const Words& words) {
        const auto begin = pty::Clock::now();
        pty::Process process{{.arguments = words}};
        (void)process.wait_exit(30s);
        return pty::Clock::now() - begin;
    };
    // The best of each, by turns: others may have the processors meanwhile.
    auto ours = pty::Clock::duration::max();
    auto theirs = pty::Clock::duration::max();
    constexpr int turns = 15;
    constexpr int most_turns = 150;
    for (int turn = 0; turn < turns || (turn < most_turns && ours > theirs); ++turn) {
        theirs = std::min(theirs, time_of({"/bin/ps", "-e", "-o", "sid"}));
        ours = std::min(ours, time_of({pty::World::sessions()}));
    }
    ::kill(parent, SIGKILL);
    ::waitpid(parent, nullptr, 0);
    const double ratio = static_cast<double>(ours.count()) / static_cast<double>(theirs.count());
    std::printf("sessions with %d processes: %.1f ms, ps -e -o sid: %.1f ms, ratio %.2f\n",
                crowd,
                std::chrono::duration<double, std::milli>(ours).count(),
                std::chrono::duration<double, std::milli>(theirs).count(),
                ratio);
    CHECK(ratio <= 1.0);
}
