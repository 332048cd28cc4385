// What is said, looked at and left alone between the right password and the shell.

#include "common/syscall.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/pam_journal.hpp"
#include "tests/pty/silent_mount.hpp"
#include "tests/pty/test_world.hpp"
#include "tests/testing.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <functional>
#include <list>
#include <set>
#include <string>
#include <vector>

#include <fcntl.h>
#include <lastlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};

/// What was shown between the password and the shell's prompt.
std::string greeting_for(pty::Line& line) {
    line.expect("login: ");
    line.send("ann\r");
    line.expect("Password: ");
    line.send("secret\r");
    return line.expect(pty::shell_prompt);
}

void fail_once(pty::Line& line) {
    line.expect("login: ");
    line.send("ann\r");
    line.expect("Password: ");
    line.send("wrong\r");
    line.expect("Login incorrect");
}

/// A second, and as much again and more for a machine that is busy: what is waited for in
/// vain costs half of one.
constexpr auto longest_login = 4000ms * pty::slowness;

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

void make_fifo(const std::string& path) {
    common::check(::mkfifo(path.c_str(), 0666), "mkfifo", path);
}

/// What somebody may have put where their .hushlogin would be.
struct Trap {
    std::string what;
    std::function<void(const std::string& path)> set;
};

const std::vector<Trap> traps{
    {"a FIFO", make_fifo},
    {"a link to the shadow file",
     [](const std::string& path) { fs::create_symlink("/etc/shadow", path); }},
    {"a link to itself", [](const std::string& path) { fs::create_symlink(path, path); }},
    {"a directory", [](const std::string& path) { fs::create_directory(path); }},
};

/// Lines of a trace in which a process that is still root's names the path.
std::vector<std::string> looked_at_by_root(const std::vector<std::string>& trace,
                                           const std::string& path) {
    std::set<std::string> users;
    std::vector<std::string> found;
    for (const std::string& line : trace) {
        const std::string process = line.substr(0, line.find(' '));
        const bool is_for_good =
            contains(line, "setresuid(1001, 1001, 1001") && line.ends_with("= 0");
        if (is_for_good || contains(line, "setfsuid(1001)")) {
            users.insert(process);
        } else if (contains(line, "setfsuid(0)")) {
            users.erase(process);
        } else if (!users.contains(process) && contains(line, path)) {
            found.push_back(line);
        }
    }
    return found;
}

}  // namespace

TEST_CASE("whoever logs in reads of the last login, of failures since, of news and of mail") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        choose_gate(world, gate);
        world.append_file("/etc/ttygate/login.conf", "MOTD_FILE /etc/motd:/etc/motd.d\n");
        world.write_file("/etc/motd", "\x1b[1mnews\x1b[m\n");
        world.write_file("/etc/motd.d/20.motd", "second\n");
        world.write_file("/etc/motd.d/10.motd", "first");
        world.write_file("/etc/motd.d/other", "none\n");
        add_person(world, ann);
        pty::Line line;
        {
            auto getty = start_getty(line);
            fail_once(line);
            const auto shown = greeting_for(line);
            CHECK_FALSE(contains(shown, "Last login"));
            CHECK(contains(shown, "There was 1 failed login attempt.\r\n"));
            // Root's file, which nobody else can write, is shown as it is.
            CHECK(contains(shown, "\x1b[1mnews\x1b[m\r\nfirst\r\nsecond\r\n"));
            CHECK_FALSE(contains(shown, "none"));
            CHECK_FALSE(contains(shown, "mail"));
            line.send("exit\r");
            getty.wait_exit();
        }
        world.write_file("/var/mail/ann", "From somebody\n");
        pty::let_pass(1100ms);  // failures are told from the login by the second
        {
            auto getty = start_getty(line);
            fail_once(line);
            fail_once(line);
            const auto shown = greeting_for(line);
            CHECK(contains(shown, "Last login: "));
            CHECK(contains(shown, " on " + line.name() + "\r\nLast failed login: "));
            CHECK(contains(
                shown, "There were 2 failed login attempts since the last successful login.\r\n"));
            // PAM has a module for it.
            CHECK(contains(shown, "You have new mail.\r\n") == (gate == pty::Gate::shadow));
            line.send("exit\r");
            getty.wait_exit();
        }
        world.write_file("/home/ann/.hushlogin", "");
        const auto getty = start_getty(line);
        CHECK(greeting_for(line) == "\r\n");
    }
}

TEST_CASE("what a PAM module has said is not said again") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, ann);
    pty::Line line;
    const auto visit = [&](bool fails) {
        auto getty = start_getty(line);
        if (fails) {
            fail_once(line);
        }
        auto shown = greeting_for(line);
        line.send("exit\r");
        getty.wait_exit();
        return shown;
    };
    const auto count = [](const std::string& text, const std::string& part) {
        std::size_t found = 0;
        for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) {
            ++found;
        }
        return found;
    };
    static_cast<void>(visit(false));
    const std::string stack = world.read_file("/etc/pam.d/login");
    world.append_file("/etc/pam.d/login", "session optional pam_lastlog.so\n");
    pty::let_pass(1100ms);
    auto shown = visit(true);
    CHECK(count(shown, "Last login: ") == 1);
    CHECK(count(shown, "failed login attempt") == 1);  // the module counts none unless told
    world.write_file("/etc/pam.d/login", stack + "session optional pam_lastlog.so showfailed\n");
    pty::let_pass(1100ms);
    shown = visit(true);
    CHECK(count(shown, "Last login: ") == 1);
    CHECK(count(shown, "Last failed login: ") == 1);
    CHECK(count(shown, "failed login attempt") == 1);
    // An administrator who wants none gets none.
    world.write_file("/etc/pam.d/login", stack + "session optional pam_lastlog.so silent\n");
    CHECK_FALSE(contains(visit(false), "Last login"));
    CHECK(world.last_login(ann.user).value_or(pty::LastLogin{}).line == line.name());
}

TEST_CASE("a login on another line in the same second is no module's note of this one") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, ann);
    // A second that is still to come is as good as this one.
    struct lastlog other {};
    other.ll_time = static_cast<decltype(other.ll_time)>(std::time(nullptr) + 3600);
    std::strcpy(other.ll_line, "ttyS9");
    std::string file(ann.user * sizeof other, '\0');
    file.append(reinterpret_cast<const char*>(&other), sizeof other);
    world.write_file("/var/log/lastlog", file, 0664);
    pty::Line line;
    const auto getty = start_getty(line);
    CHECK(contains(greeting_for(line), " on ttyS9\r\n"));
    CHECK(world.last_login(ann.user).value_or(pty::LastLogin{}).line == line.name());
}

TEST_CASE("with Debian's stack a person reads what Debian's login shows, and no less") {
    if (::access("/bin/login", X_OK) != 0) {
        tests::skip("needs a login of Debian's");
    }
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, ann);
    world.write_file("/etc/pam.d/login",
                     "auth       required pam_unix.so nodelay\n"
                     "account    required pam_unix.so\n"
                     "session    required pam_env.so readenv=1\n"
                     "session    optional pam_lastlog.so\n"
                     "session    optional pam_motd.so motd=/run/motd.dynamic\n"
                     "session    optional pam_motd.so noupdate\n"
                     "session    optional pam_mail.so standard\n"
                     "session    required pam_unix.so\n");
    world.write_file("/etc/motd", "\nThe programs included are free software.\n");
    world.write_file("/run/motd.dynamic", "Linux box 6.1.0 x86_64\n");
    const auto shown_by = [](const char* program) {
        pty::Line line;
        auto login = line.start_on(
            {.arguments = {program, "--", "ann"}, .session = pty::Session::leader_with_terminal});
        line.expect("Password: ");
        line.send("secret\r");
        auto shown = line.expect(pty::shell_prompt);
        line.send("exit\r");
        login.wait_exit();
        // The time and the line are of the login before.
        if (const auto last = shown.find("Last login: "); last != shown.npos) {
            const auto end = shown.find('\r', last);
            const auto rest = std::min(shown.find(" from ", last), shown.find(" on ", last));
            shown.replace(last, std::min(rest, end) - last, "Last login: then");
            const auto tty = shown.find(" on pts/");
            shown.erase(tty, shown.find('\r', tty) - tty);
        }
        return shown;
    };
    static_cast<void>(shown_by("/bin/login"));
    for (const bool has_mail : {false, true}) {
        CAPTURE(has_mail);
        if (has_mail) {
            world.write_file("/var/mail/ann", "From somebody\n");
        }
        CHECK(shown_by(pty::World::login()) == shown_by("/bin/login"));
        CHECK(shown_by(pty::World::login()) == shown_by("/bin/login"));
    }
}

TEST_CASE("mail that has been read, maildirs, and MAIL_CHECK_ENAB") {
    struct Row {
        std::string what;
        std::function<void()> put;
        std::string expected;
    };
    const std::string box = "/var/mail/ann";
    const auto put_file = [&box](time_t read, time_t written) {
        const int file = ::open(box.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0660);
        [[maybe_unused]] const auto size = ::write(file, "From\n", 5);
        const std::array<timespec, 2> times{timespec{.tv_sec = read, .tv_nsec = 0},
                                            timespec{.tv_sec = written, .tv_nsec = 0}};
        ::futimens(file, times.data());
        ::close(file);
    };
    const std::vector<Row> rows{
        {"read", [&] { put_file(200, 100); }, "You have mail.\r\n"},
        {"unread", [&] { put_file(100, 200); }, "You have new mail.\r\n"},
        {"empty maildir", [&] { fs::create_directories(box + "/new"); }, ""},
        {"maildir",
         [&] {
             fs::create_directories(box + "/new/1");
             fs::permissions(box, fs::perms::others_all, fs::perm_options::add);
         },
         "You have new mail.\r\n"},
        {"FIFO", [&] { make_fifo(box); }, ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const pty::TestWorld world;
        choose_gate(world, pty::Gate::shadow);
        add_person(world, ann);
        row.put();
        pty::Line line;
        auto getty = start_getty(line);
        CHECK(greeting_for(line) == "\r\n" + row.expected);
        if (row.what == "unread") {
            line.send("exit\r");
            getty.wait_exit();
            world.append_file("/etc/login.defs", "MAIL_CHECK_ENAB no\nLASTLOG_ENAB no\n");
            const auto next = start_getty(line);
            CHECK(greeting_for(line) == "\r\n");
        }
    }
}

TEST_CASE("who has authenticated reads why not, with the reference of the log's line") {
    struct Case {
        std::string what;
        std::function<void(const pty::World& world)> arrange;
        std::string name;
        std::string words;
        std::string reason;
        bool both_gates;
    };
    const auto nothing = [](const pty::World&) {};
    const std::vector<Case> cases{
        {"expired", nothing, "old", "expired", "expired", true},
        {"shell", nothing, "shellless", "The shell /none is not there.", "/none", true},
        {"home",
         [](const pty::World& world) {
             world.append_file("/etc/ttygate/login.conf", "DEFAULT_HOME no\n");
         },
         "homeless",
         "cannot enter the home directory /nonexistent: No such file or directory",
         "/nonexistent",
         true},
        {"nologin",
         [](const pty::World& world) {
             world.write_file("/etc/nologin", "Closed for repairs.\nBack at noon.\n");
         },
         "ann",
         "Closed for repairs.\r\nBack at noon.\r\nLogin refused (ref ",
         "nologin",
         false},
        {"line",
         [](const pty::World& world) { world.write_file("/etc/securetty", "tty1\n"); },
         "root",
         "Root cannot log in on this line.",
         "securetty",
         false},
        {"limits",
         [](const pty::World& world) { world.write_file("/etc/limits", "ann L0\n"); },
         "ann",
         "You are logged in as often as you may be (0).",
         "sessions, and have as many",
         false},
    };
    for (const auto gate : pty::gates()) {
        for (const Case& expected : cases) {
            if (gate == pty::Gate::pam && !expected.both_gates) {
                continue;
            }
            CAPTURE(name_of(gate));
            CAPTURE(expected.what);
            pty::TestWorld world;
            choose_gate(world, gate);
            add_person(world, ann);
            world.set_password("root", "secret");
            world.add_user({.name = "old", .user = 2001, .password = "secret", .expiry = 1});
            world.add_user(
                {.name = "shellless", .user = 2002, .password = "secret", .shell = "/none"});
            world.add_user(
                {.name = "homeless", .user = 2003, .password = "secret", .home = "/nonexistent"});
            expected.arrange(world);
            pty::Visit visit{expected.what};
            const auto type = [&](const char* password) {
                visit.line.expect("login: ");
                visit.line.send(expected.name + "\r");
                visit.line.expect("Password: ");
                visit.line.send(std::string{password} + "\r");
            };
            type("wrong");
            // Before, nobody learns anything.
            CHECK(visit.line.expect("Login incorrect\r\n") == "\r\n\r\n");
            type("secret");
            const std::string shown = visit.line.expect("(ref ");
            CAPTURE(shown);
            CHECK(contains(shown + "(ref ", expected.words));
            const std::string reference = visit.line.expect(")");
            CHECK(reference.size() == 4);
            CHECK(visit.login.wait_exit() == pty::Exit{.status = 1});
            const auto lines = log_lines_of(world, visit.login.id());
            REQUIRE(lines.size() == 2);
            CHECK(contains(lines.back(), expected.reason));
            CHECK(lines.back().ends_with(" (ref " + reference + ")"));
        }
    }
}

TEST_CASE("what is where .hushlogin should be holds nobody, and hushes (T-28)") {
    for (const auto gate : pty::gates()) {
        for (const Trap& trap : traps) {
            CAPTURE(name_of(gate));
            CAPTURE(trap.what);
            const pty::TestWorld world;
            choose_gate(world, gate);
            world.append_file("/etc/ttygate/login.conf", "MOTD_FILE /etc/motd\n");
            world.write_file("/etc/motd", "news\n");
            add_person(world, ann);
            trap.set("/home/ann/.hushlogin");
            pty::Visit visit{"home"};
            pty::Line& line = visit.line;
            line.expect("login: ");
            line.send("ann\r");
            line.expect("Password: ");
            line.send("secret\r");
            const auto start = pty::Clock::now();
            CHECK_FALSE(contains(line.expect(pty::shell_prompt), "news"));
            CHECK(pty::Clock::now() - start <= longest_login);
        }
    }
}

TEST_CASE("a home that never answers is not entered, and costs a second at most (T-28)") {
    for (const auto gate : pty::gates()) {
        for (const bool may_be_missing : {true, false}) {
            CAPTURE(name_of(gate));
            CAPTURE(may_be_missing);
            const pty::TestWorld world;
            choose_gate(world, gate);
            if (!may_be_missing) {
                world.append_file("/etc/ttygate/login.conf", "DEFAULT_HOME no\n");
            }
            add_person(world, ann);
            pty::Visit visit{"silent"};
            visit.line.expect("login: ");
            visit.line.send("ann\r");
            visit.line.expect("Password: ");
            // As the last thing: nothing of ours may look at it any more.
            const pty::SilentMount home{"/home/ann"};
            const auto start = pty::Clock::now();
            visit.line.send("secret\r");
            if (may_be_missing) {
                visit.line.expect("/home/ann cannot be entered; you are in / instead.");
                visit.line.expect("$ ");
                CHECK(pty::Clock::now() - start <= longest_login);
                visit.line.send("echo $HOME; pwd\r");
                visit.line.expect("/\r\n/\r\n");
                visit.line.send("exit\r");
                CHECK(visit.login.wait_exit() == pty::Exit{.status = 0});
            } else {
                visit.line.expect("cannot enter the home directory /home/ann: ");
                CHECK(pty::Clock::now() - start <= longest_login);
                CHECK(visit.login.wait_exit() == pty::Exit{.status = 1});
            }
        }
    }
}

TEST_CASE("a home that answers only when it is looked at again is entered all the same (T-28)") {
    const pty::PamJournal journal;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, ann);
    // The first look is over when the session is opened, the second comes after.
    journal.join_stack(world, "open:hold=go");
    pty::Visit visit{"slow"};
    visit.line.expect("login: ");
    visit.line.send("ann\r");
    visit.line.expect("Password: ");
    {
        const pty::SilentMount home{"/home/ann"};
        visit.line.send("secret\r");
        REQUIRE(pty::wait_until(
            [&] { return contains(pty::PamJournal::steps_of(visit.login.id()), "open held"); }));
    }
    world.write_file("/run/pam_journal/go", "");
    visit.line.expect(pty::shell_prompt);
    CHECK(pty::ask_shell(visit.line, "pwd") == "/home/ann\r\n");
    CHECK(contains(world.wait_for_log("the home directory"), "is slow to answer"));
}

TEST_CASE("root opens, and even looks at, nothing below a home (T-28)") {
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("needs a login without sanitizers: they cannot be traced");
    }
    if (::access("/usr/bin/strace", X_OK) != 0) {
        tests::skip("needs strace");
    }
    for (const auto gate : pty::gates()) {
        const pty::TestWorld world;
        choose_gate(world, gate);
        world.add_user({.name = "ann", .user = 1001, .password = "secret", .shell = "/bin/true"});
        make_fifo("/home/ann/.hushlogin");
        world.write_file("/var/mail/ann", "From somebody\n");
        pty::Line line;
        auto login = line.start_on({.arguments = {"/usr/bin/strace",
                                                  // The tracer aside: login is
                                                  // the process that is started.
                                                  "-D",
                                                  "-f",
                                                  "-o",
                                                  "/run/trace",
                                                  "-e",
                                                  "trace=%file,setresuid,setfsuid",
                                                  pty::World::login(),
                                                  "-f",
                                                  "ann"},
                                    .session = pty::Session::leader_with_terminal});
        CHECK(login.wait_exit(60s) == pty::Exit{.status = 0});
        CHECK(pty::wait_until(
            [&] { return pty::has_exited(world.read_file("/run/trace"), login.id()); }));
        const auto trace = pty::rows_of_trace(world.read_file("/run/trace"));
        CAPTURE(name_of(gate));
        CAPTURE(line.transcript());
        CHECK(std::any_of(trace.begin(), trace.end(), [](const std::string& row) {
            return contains(row, "chdir(\"/home/ann\")");
        }));
        const auto found = looked_at_by_root(trace, "/home/ann");
        CHECK_MESSAGE(found.empty(), (found.empty() ? "" : found.front()));
    }
}

TEST_CASE("a message of the day that is none is passed over, and costs no time (T-29)") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        pty::TestWorld world;
        choose_gate(world, gate);
        make_fifo("/run/fifo");
        fs::create_directory("/run/folder");
        make_fifo("/run/folder/1.motd");
        fs::create_symlink("/run/fifo", "/run/folder/2.motd");
        fs::create_symlink("loop", "/run/loop");
        fs::create_directory("/run/folder/3.motd");
        world.write_file("/run/folder/4.motd", "good\n");
        world.write_file("/run/sparse", "evil\n");
        fs::resize_file("/run/sparse", 1UL << 30U);
        world.write_file("/run/unreadable", "evil\n");
        fs::permissions("/run/unreadable", fs::perms::none);
        world.write_file("/run/anybodys", "\x1b[2Jharmless\n");
        fs::permissions("/run/anybodys", fs::perms::all);
        world.append_file("/etc/ttygate/login.conf",
                          "MOTD_FILE /run/fifo:/dev/zero:/dev/tty:/run/sparse:/run/none:/run/loop:"
                          "/proc/self/mem:/run/folder:/run/anybodys\n");
        add_person(world, ann);
        pty::Visit visit{"motd"};
        visit.line.expect("login: ");
        visit.line.send("ann\r");
        visit.line.expect("Password: ");
        const auto start = pty::Clock::now();
        visit.line.send("secret\r");
        CHECK(visit.line.expect(pty::shell_prompt) == "\r\ngood\r\n^[[2Jharmless\r\n");
        CHECK(pty::Clock::now() - start <= longest_login);
        CHECK(log_lines_of(world, visit.login.id()).size() == 1);  // of the long one
    }
}

TEST_CASE("MOTD_FIRSTONLY: the first message that is there, and no other") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    world.append_file("/etc/ttygate/login.conf",
                      "MOTD_FILE /run/none:/run/one:/run/two\nMOTD_FIRSTONLY yes\n");
    world.write_file("/run/one", "one\n");
    world.write_file("/run/two", "two\n");
    add_person(world, ann);
    pty::Visit visit{"motd"};
    CHECK(greeting_for(visit.line) == "\r\none\r\n");
}
