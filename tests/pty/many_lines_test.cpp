#include "common/unique_fd.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/process_cost.hpp"
#include "tests/pty/process_table.hpp"
#include "tests/pty/silent_mount.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};
const pty::Account bob{.name = "bob", .user = 1002, .password = "bobs own"};

std::string words_for(const std::list<pty::Line>& lines) {
    std::string words;
    for (const pty::Line& line : lines) {
        words += (words.empty() ? "" : ",") + line.name();
    }
    return words;
}

pty::Process serve(const std::string& words, const std::vector<std::string>& options = {}) {
    std::vector<std::string> arguments{pty::World::getty(), "-l", pty::World::login()};
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.insert(arguments.end(), {"--lines", words, "dumb"});
    return pty::Process{{.arguments = arguments}};
}

void prepare(const pty::World& world, pty::Gate gate) {
    choose_gate(world, gate);
    add_person(world, ann);
    add_person(world, bob);
}

void expect_prompts(std::list<pty::Line>& lines) {
    for (pty::Line& line : lines) {
        line.expect("box login: ");
    }
}

/// At a prompt that has been read.
void come_in(pty::Line& line, const pty::Account& person) {
    line.send(person.name + "\r");
    line.expect("Password: ");
    line.send(person.password + "\r");
    line.expect(pty::shell_prompt);
}

/// The only child that a getty has.
pid_t child_of(pid_t getty) {
    std::vector<pid_t> children;
    REQUIRE(pty::wait_until([&] {
        children = pty::descendants_of(getty);
        return children.size() == 1;
    }));
    return children.front();
}

std::map<int, std::string> descriptors_of(pid_t process) {
    std::map<int, std::string> open;
    for (const auto& entry : fs::directory_iterator{"/proc/" + std::to_string(process) + "/fd"}) {
        std::error_code is_closed_meanwhile;
        const auto file = fs::read_symlink(entry.path(), is_closed_meanwhile);
        if (!is_closed_meanwhile) {
            open.emplace(std::stoi(entry.path().filename()), file);
        }
    }
    return open;
}

/// Such options that a key leads to login, and that nothing is said before.
std::string says_nothing(const pty::Line& line, const std::string& more = "") {
    return "[" + line.name() +
           "]\nwait-cr = yes\nskip-login = yes\nnoissue = yes\nnonewline = yes\n" + more;
}

/// As ^S does where it is heard.
void stop_output(const pty::Line& line) {
    const common::UniqueFd opened{::open(line.path().c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK)};
    REQUIRE(::tcflow(opened.get(), TCOOFF) == 0);
}

/// Whether to write on standard output waits; proc(5), fdinfo.
bool waits_in_write(pid_t process) {
    std::ifstream file{"/proc/" + std::to_string(process) + "/fdinfo/1"};
    std::string name;
    unsigned flags = 0;
    while (file >> name && name != "flags:") {
    }
    file >> std::oct >> flags;
    REQUIRE(file.good());
    return (flags & unsigned{O_NONBLOCK}) == 0;
}

bool echoes(const pty::Line& line) {
    constexpr tcflag_t usual = ECHO | ICANON | ISIG;
    return (line.modes().c_lflag & usual) == usual;
}

pty::RunningProcess process_of(pid_t id) {
    const auto all = pty::running_processes();
    const auto found =
        std::find_if(all.begin(), all.end(), [=](const auto& process) { return process.id == id; });
    return found == all.end() ? pty::RunningProcess{} : *found;
}

}  // namespace

// --- "One process for many lines" ---

TEST_CASE("many lines: a line's own speed is not what a session has left") {
    pty::TestWorld world;
    world.write_file("/run/login", "#!/bin/sh\nstty 4800\n", 0755);
    pty::Line line;
    const auto getty = serve(line.name(), {"-l", "/run/login", "--keep-baud", "19200"});
    const auto speed = [&line] {
        const termios modes = line.modes();
        return ::cfgetospeed(&modes);
    };
    line.expect("box login: ");
    CHECK(speed() == B38400);  // what a pseudo terminal has
    line.send("ann\r");
    line.expect("box login: ");
    CHECK(speed() == B38400);
}

TEST_CASE("many lines: people log in side by side, each as with a getty of the line's own") {
    for (const pty::Gate gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        prepare(world, gate);
        std::list<pty::Line> lines(3);
        pty::Line& first = lines.front();
        pty::Line& second = *std::next(lines.begin());
        pty::Line& third = lines.back();
        auto getty = serve(words_for(lines));
        expect_prompts(lines);
        for (const pty::Line& line : lines) {
            CHECK(pty::wait_until([&] { return record_of(world, line).type == LOGIN_PROCESS; }));
            CHECK(record_of(world, line).process == getty.id());
            CHECK(line.owner() == pty::nobodys_line);
            CHECK_FALSE(echoes(line));
            CHECK(line.session() == 0);
        }

        first.send("ann\r");
        first.expect("Password: ");
        second.send("bob\r");
        second.expect("Password: ");
        second.send("bobs own\r");
        second.expect(pty::shell_prompt);
        first.send("secret\r");
        first.expect(pty::shell_prompt);
        struct Person {
            pty::Line* line;
            std::string name;
        };
        for (const Person& person : {Person{&first, "ann"}, Person{&second, "bob"}}) {
            pty::Line* const line = person.line;
            const std::string& name = person.name;
            CAPTURE(name);
            CHECK(ask_shell(*line, "tty") == line->path() + "\r\n");
            CHECK(ask_shell(*line, "id -un") == name + "\r\n");
            const pty::Record record = record_of(world, *line);
            CHECK(record.type == USER_PROCESS);
            CHECK(record.user == name);
            CHECK(record.session == line->session());
            CHECK(process_of(record.process).parent == getty.id());
            CHECK(process_of(record.process).session == record.process);
            CHECK(count_in_wtmp(world, *line, USER_PROCESS) == 1);
            for (const auto& [number, file] : descriptors_of(record.process)) {
                CHECK((!file.starts_with("/dev/pts/") || file == line->path()));
            }
        }
        CHECK(record_of(world, third).process == getty.id());

        first.send("exit\r");
        first.expect("box login: ");
        CHECK(count_in_wtmp(world, first, DEAD_PROCESS) == 1);
        CHECK(pty::wait_until([&] { return record_of(world, first).type == LOGIN_PROCESS; }));
        CHECK(record_of(world, first).process == getty.id());
        CHECK(first.owner() == pty::nobodys_line);
        CHECK(ask_shell(second, "echo still here") == "still here\r\n");
        come_in(first, bob);
        come_in(third, ann);
        CHECK(world.utmp().size() == 3);
    }
}

TEST_CASE("many lines: a login has the line on 0, 1 and 2, a session of its own, and no more") {
    pty::TestWorld world;
    std::list<pty::Line> lines(4);
    // Speed and type are of all lines, as are the options.
    pty::Process getty{{.arguments = {pty::World::getty(),
                                      "-l",
                                      "/bin/sleep",
                                      "-o",
                                      "1000",
                                      "--host",
                                      "afar",
                                      "--nice",
                                      "5",
                                      "--lines",
                                      words_for(lines),
                                      "19200",
                                      "vt52"},
                        .limits = {{RLIMIT_NOFILE, {.rlim_cur = 100, .rlim_max = 200}}}}};
    expect_prompts(lines);
    pty::Line& line = lines.back();
    line.send("ann\r");
    // Before it there is the process that reads the name.
    REQUIRE(pty::wait_until([&] { return process_of(child_of(getty.id())).name == "sleep"; }));
    const pid_t login = child_of(getty.id());
    // Its loader opens libraries for a moment.
    std::map<int, std::string> open;
    const std::map<int, std::string> three{{0, line.path()}, {1, line.path()}, {2, line.path()}};
    pty::wait_until([&] { return (open = descriptors_of(login)) == three; });
    CHECK(open == three);
    CHECK(line.session() == login);
    CHECK(line.foreground_group() == login);
    CHECK(record_of(world, line).process == login);
    CHECK(record_of(world, line).host == "afar");
    const termios modes = line.modes();
    CHECK(cfgetospeed(&modes) == B19200);
    const std::string environment = "/proc/" + std::to_string(login) + "/environ";
    CHECK(pty::wait_until(
        [&] { return world.read_file(environment) == std::string{"TERM=vt52"} + '\0'; }));
    const std::string status = world.read_file("/proc/" + std::to_string(login) + "/status");
    for (const char* nothing : {"SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000"}) {
        CHECK(status.find(nothing) != std::string::npos);
    }
    const std::string limits = world.read_file("/proc/" + std::to_string(login) + "/limits");
    CHECK(limits.find("Max open files            100                  200") != std::string::npos);
    CHECK(limits.find("Max cpu time              unlimited") != std::string::npos);
    // And getty has let go of the line, which hangs up with its last user.
    for (const auto& [number, file] : descriptors_of(getty.id())) {
        CHECK(file != line.path());
    }

    // A login that is killed is said, and its line is taken up again.
    ::kill(login, SIGKILL);
    line.expect("box login: ");
    CHECK(world.wait_for_log("was ended by signal 9").find(line.name()) != std::string::npos);
}

TEST_CASE("many lines: one that takes no output holds up no other") {
    const pty::TestWorld world;
    prepare(world, pty::Gate::shadow);
    world.write_file("/etc/issue", std::string(60'000, '#') + "\n");
    std::list<pty::Line> lines(3);
    pty::Line& stuck = lines.front();
    stuck.stop_reading();
    auto getty = serve(words_for(lines));
    for (auto line = std::next(lines.begin()); line != lines.end(); ++line) {
        log_in(*line, "ann", "secret");
    }
    // Who types ahead there waits for the output, and the others wait for neither.
    stuck.send("ann\r");
    pty::let_pass(200ms);
    lines.back().send("exit\r");
    log_in(lines.back(), "bob", "bobs own");
    stuck.resume_reading();
    stuck.expect("Password: ");
    stuck.send("secret\r");
    stuck.expect(pty::shell_prompt);
}

namespace {

/// Under a tracer that fails these system calls of getty's, and none of its children's.
pty::Process serve_without(const std::string& calls,
                           const std::string& error,
                           const std::string& words) {
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("needs a getty without sanitizers: they cannot be traced");
    }
    if (::access("/usr/bin/strace", X_OK) != 0) {
        tests::skip("needs strace");
    }
    return pty::Process{{.arguments = {"/usr/bin/strace",
                                       "-D",
                                       "-o",
                                       "/dev/null",
                                       "-e",
                                       "trace=" + calls,
                                       "-e",
                                       "inject=" + calls + ":error=" + error,
                                       pty::World::getty(),
                                       "--lines",
                                       words}}};
}

}  // namespace

TEST_CASE("many lines: a poll(2) that fails is no reason to spin, nor to be deaf to signals") {
    pty::TestWorld world;
    pty::Line line;
    auto getty = serve_without("poll,ppoll", "ENOMEM", line.name());
    line.expect("box login: ");
    world.wait_for_log("cannot poll the lines");
    const auto before = pty::cost_of(getty.id());
    pty::let_pass(500ms);
    CHECK(pty::cost_of(getty.id()).processor - before.processor <= 100ms);
    CHECK(world.count_log("cannot poll the lines") == 1);
    getty.signal(SIGTERM);
    CHECK(getty.wait_exit() == pty::Exit{.signal = SIGTERM});
}

TEST_CASE("many lines: one that is stopped, and gets no process for its login, holds up nobody") {
    pty::TestWorld world;
    pty::Line stuck;
    pty::Line other;
    world.write_file("/etc/getty.conf", says_nothing(stuck) + says_nothing(other));
    auto getty = serve_without("clone,clone3", "EAGAIN", stuck.name() + "," + other.name());
    for (const pty::Line* line : {&stuck, &other}) {
        REQUIRE(pty::wait_until([&] { return record_of(world, *line).type == LOGIN_PROCESS; }));
    }
    stop_output(stuck);
    stuck.send("\r");
    world.wait_for_log("cannot be started");
    other.send("\r");
    other.expect("cannot be started");
    getty.signal(SIGTERM);
    CHECK(getty.wait_exit() == pty::Exit{.signal = SIGTERM});
}

TEST_CASE("many lines: a login that cannot be started waits for no line that is stopped") {
    pty::TestWorld world;
    world.write_file("/run/login", "#!/nowhere/interpreter\n", 0755);
    pty::Line no_interpreter;
    pty::Line no_directory;
    struct Row {
        pty::Line* line;
        const char* said;
    };
    const std::vector<Row> rows{{&no_interpreter, "cannot start /run/login"},
                                {&no_directory, "cannot enter /nowhere"}};
    world.write_file("/etc/getty.conf",
                     says_nothing(no_interpreter, "login-program = /run/login\n") +
                         says_nothing(no_directory, "login-program = /bin/sh\nchdir = /nowhere\n"));
    const pty::Process getty{
        {.arguments = {
             pty::World::getty(), "--lines", no_interpreter.name() + "," + no_directory.name()}}};
    for (const Row& row : rows) {
        CAPTURE(row.said);
        pty::Line& line = *row.line;
        REQUIRE(pty::wait_until([&] { return record_of(world, line).type == LOGIN_PROCESS; }));
        stop_output(line);
        line.send("\r");
        world.wait_for_log(row.said);
        REQUIRE(line.session() > 0);
        CHECK_FALSE(waits_in_write(line.session()));
    }
}

TEST_CASE("many lines: as many as there may be descriptors for are served") {
    const pty::TestWorld world;
    std::list<pty::Line> lines(30);
    // A descriptor for each line, and some of the process.
    constexpr rlim_t most = 48;
    pty::Process getty{
        {.arguments = {pty::World::getty(), "--noissue", "--lines", words_for(lines)},
         .limits = {{RLIMIT_NOFILE, {.rlim_cur = most, .rlim_max = most}}}}};
    expect_prompts(lines);
    // They share the one that watches the issue.
    REQUIRE(pty::wait_until([&] {
        const auto open = descriptors_of(getty.id());
        return std::any_of(open.begin(), open.end(), [](const auto& descriptor) {
            return descriptor.second == "anon_inode:[eventpoll]";
        });
    }));
    const auto before = pty::cost_of(getty.id());
    pty::let_pass(500ms);
    CHECK(pty::cost_of(getty.id()).processor - before.processor <= 100ms * pty::slowness);
    for (pty::Line* const line : {&lines.front(), &lines.back()}) {
        line->send("\x04");
        line->expect("box login: ");
    }
    getty.signal(SIGTERM);
    CHECK(getty.wait_exit() == pty::Exit{.signal = SIGTERM});
}

TEST_CASE("many lines: what one line cannot do is said there, and no other's business") {
    pty::TestWorld world;
    prepare(world, pty::Gate::shadow);
    world.write_file("/dev/ttyFILE", "");
    pty::Line good;
    auto getty = serve("ttyFILE," + good.name());
    good.expect("box login: ");
    world.wait_for_log("ttyFILE");
    come_in(good, ann);
    CHECK(getty.is_running());
    // A bad speed is bad for all, and read on each.
    pty::Line other;
    auto second =
        pty::Process{{.arguments = {pty::World::getty(), "--lines", other.name(), "9600x8"}}};
    other.expect("is not a speed");
    world.wait_for_log("is not a speed");
    CHECK(pty::wait_until([&] { return echoes(other); }));
    CHECK(second.is_running());
}

TEST_CASE("many lines: what the tables say of a line holds on that line") {
    const pty::TestWorld world;
    std::list<pty::Line> lines(3);
    world.write_file("/etc/getty.conf",
                     "[" + lines.front().name() + "]\nprompt = \"first: \"\n[" +
                         lines.back().name() + "]\nnoissue = yes\nautologin = root\n" +
                         "autologin-grace = 600\n");
    auto getty = serve(words_for(lines));
    lines.front().expect("first: ");
    std::next(lines.begin())->expect("box login: ");
    lines.back().expect("Logging in as root in 600 seconds; a key stops that.");
    // What no longer holds on one holds on the others.
    lines.back().send(" ");
    lines.back().expect("box login: ");
    CHECK(lines.back().transcript().find("Test box") == std::string::npos);
}

TEST_CASE("many lines: a line that goes is waited for, and is back when it comes again") {
    pty::TestWorld world;
    prepare(world, pty::Gate::shadow);
    std::list<pty::Line> lines(1);
    auto gone = std::make_optional<pty::Line>();
    fs::create_symlink(gone->path(), "/dev/ttyU0");
    auto getty = serve("ttyU0,ttyU1," + lines.front().name());
    gone->expect("box login: ");
    lines.front().expect("box login: ");
    come_in(lines.front(), ann);
    gone->close_master();
    fs::remove("/dev/ttyU0");
    REQUIRE(pty::wait_until([&] { return world.count_log("ttyU0") > 0; }));
    const auto before = pty::cost_of(getty.id());
    pty::let_pass(1500ms);
    CHECK(pty::cost_of(getty.id()).processor - before.processor <= 100ms * pty::slowness);
    pty::Line returned;
    pty::Line late;
    fs::create_symlink(returned.path(), "/dev/ttyU0");
    fs::create_symlink(late.path(), "/dev/ttyU1");
    returned.expect("box login: ");
    late.expect("box login: ");
    come_in(returned, bob);
    CHECK(ask_shell(lines.front(), "echo still here") == "still here\r\n");
    // Gone with somebody on it: the session ends, and nobody is left in the records.
    const pid_t login = record_of(world, returned).process;
    fs::remove("/dev/ttyU0");
    returned.close_master();
    CHECK(pty::wait_until([&] { return process_of(login).id == 0; }));
    CHECK(getty.is_running());
}

TEST_CASE("many lines: a glob serves what fits it, now and when it comes") {
    const pty::TestWorld world;
    prepare(world, pty::Gate::shadow);
    pty::Line first;
    auto getty = serve("pts/*");
    first.expect("box login: ");
    pty::Line second;
    second.expect("box login: ");
    come_in(first, ann);
    pty::Line third;
    third.expect("box login: ");
    REQUIRE(pty::wait_until([&] { return record_of(world, third).type == LOGIN_PROCESS; }));
    third.close_master();
    // It is no line any more, and has no record.
    CHECK(pty::wait_until([&] { return record_of(world, third).type == DEAD_PROCESS; }));
    come_in(second, bob);
    CHECK(ask_shell(first, "id -un") == "ann\r\n");
    CHECK(getty.is_running());
}

TEST_CASE("many lines: a glob serves what comes in a directory that was not there") {
    const pty::TestWorld world;
    prepare(world, pty::Gate::shadow);
    const auto getty = serve("later/*");
    pty::Line line;
    line.expect_nothing(300ms);
    fs::create_directory_symlink("/dev/pts", "/dev/later");
    line.expect("box login: ", 2 * pty::default_deadline);
    // From here on it is told.
    pty::Line second;
    second.expect("box login: ");
}

TEST_CASE("many lines: @console is each of the kernel's consoles") {
    const pty::TestWorld world;
    std::list<pty::Line> lines(2);
    pty::set_active_consoles(world, lines.front().name() + " " + lines.back().name() + "\n");
    // Named twice is served once.
    auto getty = serve("@console," + lines.front().name());
    expect_prompts(lines);
    CHECK(pty::descendants_of(getty.id()).empty());
    lines.front().expect_nothing(300ms);
}

TEST_CASE("many lines: one with two names is served by one of them, also while somebody is in") {
    pty::TestWorld world;
    prepare(world, pty::Gate::shadow);
    pty::Line line;
    fs::create_symlink(line.path(), "/dev/modem");
    const auto getty = serve(line.name() + ",modem");
    line.expect("box login: ");
    CHECK(world.wait_for_log("served by another name").find("modem") != std::string::npos);
    come_in(line, ann);
    // The other name has looked again: by a hang-up she would be out, and the line asked on.
    pty::let_pass(3s);
    CHECK(ask_shell(line, "id -un") == "ann\r\n");
    line.send("exit\r");
    line.expect("box login: ");
    come_in(line, bob);
    CHECK(log_lines_of(world, getty.id()).size() == 1);
}

TEST_CASE("many lines: the end of getty gives all back, and those who are logged in stay") {
    for (const int number : {SIGTERM, SIGKILL}) {
        CAPTURE(number);
        pty::TestWorld world;
        prepare(world, pty::Gate::shadow);
        std::list<pty::Line> lines(3);
        pty::Line& busy = lines.front();
        pty::Line& waiting = lines.back();
        auto getty = serve(words_for(lines));
        expect_prompts(lines);
        come_in(busy, ann);
        for (const pty::Line& line : lines) {
            CHECK(pty::wait_until([&] { return record_of(world, line).type != 0; }));
        }
        getty.signal(number);
        CHECK(getty.wait_exit() == pty::Exit{.signal = number});
        if (number == SIGTERM) {
            CHECK(echoes(waiting));
            CHECK(waiting.owner() == pty::nobodys_line);
            CHECK(record_of(world, waiting).type == DEAD_PROCESS);
        }
        CHECK(record_of(world, busy).type == USER_PROCESS);
        CHECK(ask_shell(busy, "id -un") == "ann\r\n");

        // The next one leaves that line alone, until the session has ended.
        auto next = serve(words_for(lines));
        waiting.expect("box login: ");
        world.wait_for_log("waiting for the end of that");
        CHECK(ask_shell(busy, "echo still here") == "still here\r\n");
        busy.send("exit\r");
        busy.expect("box login: ");
        come_in(busy, bob);
        CHECK(next.is_running());
    }
}

TEST_CASE("many lines: those who are logged in stay where no record tells of them") {
    pty::TestWorld world;
    prepare(world, pty::Gate::shadow);
    world.remove_file("/run/utmp");
    std::list<pty::Line> lines(3);
    pty::Line& busy = lines.front();
    auto getty = serve(words_for(lines));
    expect_prompts(lines);
    come_in(busy, ann);
    getty.signal(SIGTERM);
    CHECK(getty.wait_exit() == pty::Exit{.signal = SIGTERM});
    auto next = serve(words_for(lines));
    lines.back().expect("box login: ");
    world.wait_for_log("waiting for the end of that");
    CHECK(ask_shell(busy, "echo still here") == "still here\r\n");
    busy.send("exit\r");
    busy.expect("box login: ");
    // What one of its own leaves behind is none.
    come_in(busy, bob);
    busy.send("exit\r");
    busy.expect("box login: ");
    CHECK(world.count_log("waiting for the end of that") == 1);
}

TEST_CASE("many lines: who leads a session is looked at without asking their file systems") {
    pty::TestWorld world;
    prepare(world, pty::Gate::shadow);
    world.remove_file("/run/utmp");
    fs::create_directory("/run/silent");
    const pty::SilentMount mount{"/run/silent"};
    const common::UniqueFd silent{::open("/run/silent", O_PATH | O_CLOEXEC)};
    pty::Line line;
    const pid_t leader = ::fork();
    REQUIRE(leader >= 0);
    if (leader == 0) {
        const bool leads = ::setsid() > 0 && ::open(line.path().c_str(), O_RDWR) >= 0;
        ::dup2(silent.get(), STDIN_FILENO);
        ::alarm(leads ? 60 : 1);
        for (;;) {
            ::pause();
        }
    }
    REQUIRE(pty::wait_until([&] { return process_of(leader).terminal != 0; }));
    const auto getty = serve(line.name());
    line.expect("box login: ");
    ::kill(leader, SIGKILL);
    ::waitpid(leader, nullptr, 0);
}

TEST_CASE("many lines: a login that ends at once is started with growing pauses") {
    const pty::TestWorld world;
    world.write_file("/run/login", "#!/bin/sh\necho x >> /run/count\nexit 7\n", 0755);
    pty::Line line;
    auto getty = serve(line.name(), {"-n", "-l", "/run/login"});
    const auto count = [&] {
        return fs::exists("/run/count") ? world.read_file("/run/count").size() / 2 : 0;
    };
    REQUIRE(pty::wait_until([&] { return count() >= 4; }));
    // Pauses of 1, 2, 4 seconds come.
    pty::let_pass(4000ms);
    CHECK(count() <= 7);
    CHECK(getty.is_running());
}

TEST_CASE("many lines: who leaves by ^D, or does not come, is asked anew") {
    const pty::TestWorld world;
    std::list<pty::Line> lines(2);
    auto getty = serve(words_for(lines), {"--timeout", "2"});
    expect_prompts(lines);
    lines.front().send("\x04");
    lines.front().expect("box login: ");
    // What is said at the end of that time may be lost by the hang-up that follows.
    lines.back().expect("box login: ");
    CHECK(getty.is_running());
}

TEST_CASE("many lines: each is spoken to in its own language") {
    const pty::TestWorld world;
    prepare(world, pty::Gate::shadow);
    std::list<pty::Line> lines(4);
    pty::Line& german = lines.front();
    pty::Line& french = *std::next(lines.begin());
    pty::Line& english = *std::next(lines.begin(), 2);
    pty::Line& other_german = lines.back();
    world.write_file("/etc/getty.conf",
                     "language = de\n[" + french.name() + "]\nlanguage = fr\n[" + english.name() +
                         "]\nlanguage = en\n");
    const auto getty = serve(words_for(lines));
    expect_prompts(lines);
    struct Row {
        pty::Line* line;
        const char* said;
    };
    constexpr const char* in_german = "Das kann kein Name sein";
    const std::vector<Row> rows{{&german, in_german},
                                {&french, "Ce ne peut pas \xc3\xaatre un nom"},
                                {&english, "That cannot be a name"}};
    for (int time = 0; time < 2; ++time) {
        for (const Row& row : rows) {
            CAPTURE(time);
            row.line->send("a b\r");
            row.line->expect(row.said);
            row.line->expect("box login: ");
        }
    }
    // Nor does it take another's that this one has become a login meanwhile.
    come_in(english, ann);
    other_german.send("a b\r");
    other_german.expect(in_german);
    english.send("exit\r");
    english.expect("box login: ");
    come_in(german, ann);
    english.send("a b\r");
    english.expect("That cannot be a name");
}

TEST_CASE("many lines: what is said on one is no matter of another that has gone") {
    const pty::TestWorld world;
    world.write_file("/etc/getty.conf", "language = de\n");
    pty::Line first;
    auto getty = serve("pts/*");
    first.expect("box login: ");
    auto gone = std::make_optional<pty::Line>();
    gone->expect("box login: ");
    REQUIRE(pty::wait_until([&] { return record_of(world, *gone).type == LOGIN_PROCESS; }));
    gone->close_master();
    REQUIRE(pty::wait_until([&] { return record_of(world, *gone).type == DEAD_PROCESS; }));
    first.send("a b\r");
    first.expect("Das kann kein Name sein");
    CHECK(getty.is_running());
}

TEST_CASE("many lines: a hang-up of one costs another that has something to say nothing") {
    pty::TestWorld world;
    world.write_file("/etc/locale.conf", "LANG=de_DE.UTF-8\n");
    pty::Line first;
    pty::Line last;
    world.write_file("/etc/getty.conf",
                     "[" + first.name() + "]\nlogin-pause = yes\nautologin = root\n" +
                         "autologin-grace = 600\n");
    auto getty = serve(first.name() + "," + last.name());
    first.expect("[press ENTER to login]");
    last.expect("box login: ");
    // Both at once, as far as getty can tell.
    getty.signal(SIGSTOP);
    first.send("\r");
    last.close_master();
    getty.signal(SIGCONT);
    first.expect("Logging in as root in 600 seconds");
    world.wait_for_log(last.name());
    CHECK(world.count_log(first.name()) == 0);
}
