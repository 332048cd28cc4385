// What a login without PAM has to see to itself, seen from a terminal.

#include "tests/pty/dialogue.hpp"
#include "tests/pty/process_table.hpp"
#include "tests/pty/test_world.hpp"
#include "tests/testing.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

using Words = std::vector<std::string>;
using pty::World;

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};
const pty::Account bob{.name = "bob", .user = 1002, .password = "bobs own"};

pty::Process start_login(const pty::Line& line, const Words& words) {
    pty::Command command{.arguments = {World::login()},
                         .session = pty::Session::leader_with_terminal};
    command.arguments.insert(command.arguments.end(), words.begin(), words.end());
    return line.start_on(command);
}

void need_passwd() {
    if (::access("/usr/bin/passwd", X_OK) != 0) {
        tests::skip("needs passwd(1)");
    }
}

/// And passwd(1) can change it.
void add_ann_whose_password_has_expired(const World& world) {
    world.write_file("/etc/pam.d/passwd", "password required pam_unix.so yescrypt\n");
    pty::Account old = ann;
    old.last_change = 0;
    add_person(world, old);
}

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// All that is shown to somebody who types this password, up to the end of a
/// shell that has nothing to do, or the next question for a name.
std::string shown_to(const World& world, const std::string& name, const std::string& password) {
    world.write_file("/run/true", "#!/bin/true\n", 0755);
    pty::Line line;
    auto login = start_login(line, {"-H", "--", name});
    line.expect("Password: ");
    line.send(password + "\r");
    REQUIRE(
        pty::wait_until([&] { return !login.is_running() || has(line.unmatched(), "\nlogin: "); }));
    if (!login.is_running()) {
        line.expect_hang_up();
    }
    return line.transcript();
}

/// What a script as the shell says, for somebody who need not prove anything.
std::string script_says(const World& world, const std::string& commands) {
    world.write_file("/run/shell", "#!/bin/bash\n" + commands + "\n", 0755);
    pty::Line line;
    auto login = start_login(line, {"-f", "ann"});
    login.wait_exit();
    line.expect_hang_up();
    return line.transcript();
}

bool is_let_in(const World& world, const std::string& name) {
    const auto records = world.wtmp();
    return std::any_of(records.begin(), records.end(), [&name](const auto& record) {
        return record.type == USER_PROCESS && record.user == name;
    });
}

long days_since_1970() {
    return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now())
        .time_since_epoch()
        .count();
}

long seconds_of_this_day_left() {
    constexpr long day = 86'400;
    return day - std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())
                         .time_since_epoch()
                         .count() %
                     day;
}

void give_root_a_password(const World& world) {
    world.set_password("root", "toor");
}

}  // namespace

// --- who is it ---

TEST_CASE("T-18 unknown, locked, star, empty, blank root: no password opens, no word tells which") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    world.write_file("/etc/shadow", "root::20000:0:99999:7:::\n", 0640);
    world.add_user({.name = "locked", .user = 1003, .password_field = "!"});
    world.add_user({.name = "star", .user = 1004, .password_field = "*"});
    world.add_user({.name = "empty", .user = 1005});
    world.add_user({.name = "wrong", .user = 1006, .password = "other"});
    struct Try {
        Try(std::string of, std::string typed) : name(std::move(of)), password(std::move(typed)) {}
        std::string name;
        std::string password;
        pty::Line line;
        pty::Process login = start_login(line, {"-H", "--", name});
    };
    std::list<Try> tries;
    for (const char* password : {"", "x"}) {
        for (const char* name : {"unknown", "locked", "star", "empty", "root", "wrong"}) {
            tries.emplace_back(name, password);
        }
    }
    for (Try& one : tries) {
        one.line.expect("Password: ");
        one.line.send(one.password + "\r");
    }
    for (Try& one : tries) {
        CAPTURE(one.name);
        CAPTURE(one.password);
        one.line.expect("\nlogin: ");
        CHECK(one.line.transcript() == "Password: \r\n\r\nLogin incorrect\r\nlogin: ");
        CHECK_FALSE(is_let_in(world, one.name));
    }
}

TEST_CASE("T-47 nologin keeps all but root out, and says its text to nobody before") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    world.add_user(ann);
    give_root_a_password(world);
    world.write_file("/etc/nologin", "Back at nine\n");
    const auto wrong = shown_to(world, "ann", "wrong");
    CHECK_FALSE(has(wrong, "Back at nine"));
    const auto right = shown_to(world, "ann", "secret");
    CHECK(has(right, "Back at nine"));
    CHECK_FALSE(is_let_in(world, "ann"));
    CHECK(has(world.wait_for_log("LOGIN REFUSED"), "logins are closed by the nologin file"));
    {
        pty::Line line;
        const auto login = start_login(line, {"root"});
        line.expect("Password: ");
        line.send("toor\r");
        line.expect("Back at nine");
        line.expect("The system is closed to everybody else.");
        line.expect("# ");
    }
    // A file that is there closes the machine whatever is in it, and holds nobody
    // up.
    for (const char* kind : {"empty", "folder", "fifo"}) {
        CAPTURE(std::string{kind});
        world.remove_file("/etc/nologin");
        if (std::string_view{kind} == "empty") {
            world.write_file("/etc/nologin", "");
        } else if (std::string_view{kind} == "folder") {
            std::filesystem::create_directory("/etc/nologin");
        } else {
            REQUIRE(::mkfifo("/etc/nologin", 0644) == 0);
        }
        CHECK(has(shown_to(world, "ann", "secret"), "nobody but root can log in now"));
    }
    CHECK_FALSE(is_let_in(world, "ann"));
}

// --- the age of passwords and accounts ---

TEST_CASE("T-50 the state of an account is told to whoever has its password, and to nobody else") {
    struct Row {
        const char* what;
        pty::Account account;
        const char* words;
        bool in;
    };
    // The days to come are counted from the same one in all rows.
    pty::wait_until([] { return seconds_of_this_day_left() > 120; }, 130s);
    const long today = days_since_1970();
    const std::string shell = "/run/true";
    const Row rows[] = {
        {"nothing", {.last_change = today - 5}, "", true},
        {"expires soon",
         {.last_change = today - 87, .maximum_age = 90, .warning_period = 7},
         "Your password expires in 3 days.",
         true},
        {"expires tomorrow",
         {.last_change = today - 89, .maximum_age = 90, .warning_period = 7},
         "Your password expires in 1 day.",
         true},
        {"too old for good",
         {.last_change = today - 100, .maximum_age = 90, .grace_period = 10},
         "Your password has expired, and the time to change it is over.",
         false},
        {"account expired", {.expiry = today}, "Your account has expired.", false},
        {"account expires tomorrow", {.expiry = today + 1}, "", true},
        {"changed in the future", {.last_change = today + 5, .maximum_age = 1}, "", true},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.what});
        const pty::TestWorld world;
        choose_gate(world, pty::Gate::shadow);
        pty::Account account = row.account;
        account.name = "ann";
        account.user = 1001;
        account.password = "secret";
        account.shell = shell;
        world.add_user(account);
        const auto wrong = shown_to(world, "ann", "wrong");
        CHECK_FALSE(has(wrong, "expire"));
        const auto right = shown_to(world, "ann", "secret");
        CHECK(has(right, row.words));
        CHECK(is_let_in(world, "ann") == row.in);
    }
}

TEST_CASE("a password that has expired is changed by passwd(1), as the user") {
    need_passwd();
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    // Of two accounts with one number passwd(1) would take the first by itself.
    const pty::Account first{.name = "bea", .user = ann.user, .password = "seashell"};
    add_person(world, first);
    add_ann_whose_password_has_expired(world);
    {
        pty::Line line;
        const auto login = start_login(line, {"ann"});
        line.expect("Password: ");
        line.send("secret\r");
        line.expect("Your password has to be changed before you can go on.");
        line.expect("urrent password: ");
        line.send("secret\r");
        line.expect("ew password: ");
        line.send("Tr0mbone-Eleven\r");
        line.expect("ew password: ");
        line.send("Tr0mbone-Eleven\r");
        line.expect(pty::shell_prompt);
        CHECK(ask_shell(line, "echo $LOGNAME; id -u") == "ann\r\n1001\r\n");
        line.send("exit\r");
        line.expect_hang_up();
        CHECK_FALSE(has(line.transcript(), "Tr0mbone"));
    }
    for (const auto& [name, password] :
         {std::pair{"bea", "seashell"}, std::pair{"ann", "Tr0mbone-Eleven"}}) {
        pty::Line line;
        const auto login = start_login(line, {name});
        line.expect("Password: ");
        line.send(std::string{password} + "\r");
        line.expect(pty::shell_prompt);
    }
}

TEST_CASE("a password that has expired and is not changed keeps out, in time") {
    need_passwd();
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    world.append_file("/etc/ttygate/login.conf", "LOGIN_TIMEOUT 3\n");
    add_ann_whose_password_has_expired(world);
    pty::Line line;
    auto login = start_login(line, {"ann"});
    line.expect("Password: ");
    line.send("secret\r");
    line.expect("urrent password: ");
    line.expect("The password was not changed.");
    CHECK(login.wait_exit() == pty::Exit{.status = 1});
    CHECK_FALSE(is_let_in(world, "ann"));
    CHECK(has(world.wait_for_log("LOGIN REFUSED"), "the password has expired and was not changed"));
}

TEST_CASE("a line that is hung up while a password is changed is left at once (T-20)") {
    need_passwd();
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_ann_whose_password_has_expired(world);
    pty::Line line;
    auto login = start_login(line, {"ann"});
    line.expect("Password: ");
    line.send("secret\r");
    line.expect("urrent password: ");
    const auto hung_up = pty::Clock::now();
    line.close_master();
    CHECK(login.wait_exit() == pty::Exit{.status = 1});
    // With the word that passwd(1) has ended in disorder it would take five seconds.
    CHECK(pty::Clock::now() - hung_up < 4s * pty::slowness);
    CHECK(has(world.wait_for_log("LOGIN REFUSED"), "the password has expired and was not changed"));
}

// --- methods and costs ---

TEST_CASE("a password whose cost has no end costs LOGIN_TIMEOUT, and the log says why") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    world.append_file("/etc/ttygate/login.conf", "LOGIN_TIMEOUT 3\n");
    world.add_user(
        {.name = "ann",
         .user = 1001,
         .password_field = "$2b$31$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"});
    pty::Line line;
    auto login = start_login(line, {"ann"});
    line.expect("Password: ");
    const auto begun = pty::Clock::now();
    line.send("secret\r");
    CHECK(login.wait_exit() == pty::Exit{.status = 1});
    // Of years.
    CHECK(pty::Clock::now() - begun < 20s * pty::slowness);
    CHECK(has(world.wait_for_log("FAILED LOGIN"), "takes too long to check"));
    // Nobody is left who goes on counting.
    CHECK(pty::wait_until([&] {
        const auto processes = pty::running_processes();
        return std::none_of(processes.begin(), processes.end(), [&login](const auto& process) {
            return process.session == login.id();
        });
    }));
}

TEST_CASE("who checks a password can only compute, and whoever ends login ends it at once") {
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("needs a login without sanitizers: they make system calls of their own");
    }
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    world.add_user(
        {.name = "ann",
         .user = 1001,
         .password_field = "$2b$31$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"});
    pty::Line line;
    auto login = start_login(line, {"ann"});
    line.expect("Password: ");
    line.send("secret\r");
    // It has been there since the question; now it has something to do.
    line.expect("\r\n");
    pid_t checker = -1;
    const auto status_of_checker = [&] {
        for (const auto& process : pty::running_processes()) {
            checker = process.parent == login.id() ? process.id : checker;
        }
        return checker > 0 ? world.read_file("/proc/" + std::to_string(checker) + "/status")
                           : std::string{};
    };
    REQUIRE(pty::wait_until([&] { return has(status_of_checker(), "Seccomp:\t2"); }));
    CHECK(has(status_of_checker(), "NoNewPrivs:\t1"));
    // The channel that the password came through.
    const fs::path descriptors = "/proc/" + std::to_string(checker) + "/fd";
    std::vector<std::string> open;
    for (const auto& entry : fs::directory_iterator{descriptors}) {
        open.push_back(entry.path().filename());
    }
    CHECK(open == std::vector<std::string>{"0"});
    CHECK(fs::read_symlink(descriptors / "0").string().starts_with("socket:"));

    const auto told = pty::Clock::now();
    login.signal(SIGTERM);
    CHECK(login.wait_exit() == pty::Exit{.status = 1});
    CHECK(pty::Clock::now() - told < 4s * pty::slowness);
    CHECK(pty::wait_until([&] { return !fs::exists("/proc/" + std::to_string(checker)); }));
    CHECK(has(world.wait_for_log("FAILED LOGIN"), "login was told to end"));
}

TEST_CASE("a kernel without seccomp has passwords checked all the same, and a line in the log") {
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("needs a login without sanitizers: they make system calls of their own");
    }
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, {.name = "ann", .user = 1001, .password = "secret"});
    pty::Line line;
    pty::Command command{.arguments = {pty::World::login(), "ann"},
                         .session = pty::Session::leader_with_terminal};
    command.before_exec = [] {
        // As a kernel answers that has been built without it.
        constexpr unsigned short load = BPF_LD | BPF_W | BPF_ABS;
        constexpr unsigned short jump = BPF_JMP | BPF_JEQ | BPF_K;
        constexpr unsigned short end = BPF_RET | BPF_K;
        std::array<sock_filter, 4> filter{
            sock_filter{.code = load, .jt = 0, .jf = 0, .k = offsetof(seccomp_data, nr)},
            sock_filter{.code = jump, .jt = 0, .jf = 1, .k = SYS_seccomp},
            sock_filter{.code = end, .jt = 0, .jf = 0, .k = SECCOMP_RET_ERRNO | ENOSYS},
            sock_filter{.code = end, .jt = 0, .jf = 0, .k = SECCOMP_RET_ALLOW}};
        const sock_fprog program{.len = filter.size(), .filter = filter.data()};
        if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
            ::_exit(1);
        }
    };
    const auto login = line.start_on(command);
    line.expect("Password: ");
    line.send("secret\r");
    line.expect(pty::shell_prompt);
    CHECK(has(world.wait_for_log("could do more"), "Function not implemented"));
}

TEST_CASE("a method that libcrypt does not support is logged as such") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    world.add_user(
        {.name = "ann", .user = 1001, .password_field = "$argon2id$v=19$m=65536$c2FsdA$aGFzaA"});
    shown_to(world, "ann", "secret");
    CHECK(has(world.wait_for_log("FAILED LOGIN"), "a method that this libcrypt does not support"));
}

// --- rules in files ---

TEST_CASE("root's lines: securetty, CONSOLE and ttys each keep root off, and nobody else") {
    struct Row {
        const char* file;
        const char* text;  ///< "{line}" is the line
        bool in;
        const char* reason;
    };
    const Row rows[] = {
        {"/etc/securetty", "tty1\n", false, "/etc/securetty does not let root in"},
        {"/etc/securetty", "", false, "/etc/securetty does not let root in"},
        {"/etc/securetty", "tty1\n{line}\n", true, ""},
        {"/etc/ttys", "{line} \"/sbin/getty x\" linux on\n", false, "/etc/ttys does not let"},
        {"/etc/ttys", "{line} \"/sbin/getty x\" linux on secure\n", true, ""},
        {"/etc/ttygate/login.conf",
         "LOGIN_GATE shadow\nFAIL_DELAY 0\nCONSOLE tty1:ttyS0\n",
         false,
         "CONSOLE does"},
        {"/etc/ttygate/login.conf",
         "LOGIN_GATE shadow\nFAIL_DELAY 0\nCONSOLE tty1:{line}\n",
         true,
         ""},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.file});
        CAPTURE(std::string{row.text});
        pty::TestWorld world;
        choose_gate(world, pty::Gate::shadow);
        world.add_user({.name = "ann", .user = 1001, .shell = "/run/true"});
        world.write_file("/run/true", "#!/bin/true\n", 0755);
        world.write_file("/etc/passwd",
                         "root:x:0:0::/root:/run/true\nann:x:1001:1001::/home/ann:/run/true\n");
        for (const char* name : {"root", "ann"}) {
            pty::Line line;
            std::string text = row.text;
            if (const auto at = text.find("{line}"); at != std::string::npos) {
                text.replace(at, 6, line.name());
            }
            world.write_file(row.file, text);
            auto login = start_login(line, {"-f", name});
            login.wait_exit();
            line.expect_hang_up();
            const bool is_root = std::string_view{name} == "root";
            CHECK(is_let_in(world, name) == (row.in || !is_root));
            CHECK(has(line.transcript(), "Root cannot log in on this line.") ==
                  (is_root && !row.in));
        }
        if (!row.in) {
            CHECK(has(world.wait_for_log("LOGIN REFUSED"), row.reason));
        }
    }
}

TEST_CASE("login.access: who may come from where, by name and address, and nothing is looked up") {
    struct Row {
        const char* rules;
        const char* host;  ///< "": none
        bool in;
    };
    const Row rows[] = {
        {"-:ann:ALL\n", "", false},
        {"-:bob:ALL\n", "", true},
        {"-:staff:ALL\n", "", false},
        {"-:ALL EXCEPT staff:ALL\n", "", true},
        {"-:ann:LOCAL\n", "", false},
        {"-:ann:ALL EXCEPT LOCAL\n", "", true},
        {"-:ann:ALL EXCEPT LOCAL\n", "far.example.org", false},
        {"-:ann:.example.org\n", "far.example.org", false},
        {"-:ann:.example.org\n", "far.example.com", true},
        {"-:ann:10.0.0.0/8\n", "10.1.2.3", false},
        {"-:ann:10.0.0.0/8\n", "11.1.2.3", true},
        {"-:ann:2001:db8::/32\n", "2001:db8::7", false},
        {"+:ann:far.example.org\n-:ALL:ALL\n", "far.example.org", true},
        {"+:ann:far.example.org\n-:ALL:ALL\n", "", false},
        {"nonsense\n+:ALL:ALL\n", "", false},
        {"+:ann:ALL\nnonsense\n", "", true},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.rules});
        CAPTURE(std::string{row.host});
        pty::TestWorld world;
        choose_gate(world, pty::Gate::shadow);
        world.append_file("/etc/ttygate/login.conf", "LOGIN_REMOTE_NOAUTH yes\n");
        world.write_file("/run/true", "#!/bin/true\n", 0755);
        world.add_user({.name = "ann", .user = 1001, .shell = "/run/true"});
        world.add_group("staff", 50, "ann");
        world.write_file("/etc/login.access", row.rules);
        pty::Line line;
        auto login = *row.host == '\0' ? start_login(line, {"-f", "ann"})
                                       : start_login(line, {"-h", row.host, "-f", "ann"});
        login.wait_exit();
        line.expect_hang_up();
        CHECK(is_let_in(world, "ann") == row.in);
        if (!row.in) {
            CHECK(has(world.wait_for_log("LOGIN REFUSED"), "/etc/login.access:"));
        }
    }
}

TEST_CASE("a faulty or unreadable table of rules is logged with its line, and lets only root in") {
    struct Row {
        const char* file;
        const char* fault;
    };
    for (const Row& row :
         {Row{"/etc/login.access", "this is no rule"}, Row{"/etc/porttime", "this is no entry"}}) {
        for (const bool is_readable : {true, false}) {
            CAPTURE(std::string{row.file});
            CAPTURE(is_readable);
            pty::TestWorld world;
            choose_gate(world, pty::Gate::shadow);
            world.append_file("/etc/ttygate/login.conf", "PORTTIME_CHECKS_ENAB yes\n");
            world.write_file("/run/true", "#!/bin/true\n", 0755);
            world.write_file("/etc/passwd",
                             "root:x:0:0::/root:/run/true\n"
                             "ann:x:1001:1001::/home/ann:/run/true\n");
            if (is_readable) {
                world.write_file(row.file, "# rules\nallow everybody\n");
            } else {
                std::filesystem::create_directory(row.file);
            }
            for (const char* name : {"ann", "root"}) {
                pty::Line line;
                auto login = start_login(line, {"-f", name});
                login.wait_exit();
                line.expect_hang_up();
                CHECK(has(line.transcript(), "only root can log in.") !=
                      (std::string_view{name} == "root"));
            }
            CHECK_FALSE(is_let_in(world, "ann"));
            CHECK(is_let_in(world, "root"));
            CHECK(has(world.wait_for_log(std::string{row.file} +
                                         (is_readable ? ":2: " : ": cannot be read")),
                      is_readable ? row.fault : ""));
        }
    }
}

TEST_CASE("porttime: at its times, on its lines") {
    struct Row {
        const char* rules;  ///< "{line}" is the line
        bool in;
    };
    for (const Row& row : {Row{"{line}:ann:Al0000-2400\n*:*:\n", true},
                           Row{"{line}:bob:Al0000-2400\n*:*:\n", false},
                           Row{"tty99:*:\n", true},
                           Row{"{line}:*:\n", false},
                           Row{"", true}}) {
        CAPTURE(std::string{row.rules});
        pty::TestWorld world;
        choose_gate(world, pty::Gate::shadow);
        world.append_file("/etc/ttygate/login.conf", "PORTTIME_CHECKS_ENAB yes\n");
        world.write_file("/run/true", "#!/bin/true\n", 0755);
        world.add_user({.name = "ann", .user = 1001, .shell = "/run/true"});
        pty::Line line;
        std::string rules = row.rules;
        if (const auto at = rules.find("{line}"); at != std::string::npos) {
            rules.replace(at, 6, line.name());
        }
        world.write_file("/etc/porttime", rules);
        auto login = start_login(line, {"-f", "ann"});
        login.wait_exit();
        line.expect_hang_up();
        CHECK(is_let_in(world, "ann") == row.in);
        CHECK(has(line.transcript(), "You may not log in on this line at this time.") == !row.in);
    }
}

namespace {

/// tzfile(5): a zone that is always so many seconds ahead.
std::string zone_ahead(unsigned seconds) {
    const auto number = [](unsigned value) {
        return std::string{static_cast<char>(value >> 24),
                           static_cast<char>(value >> 16),
                           static_cast<char>(value >> 8),
                           static_cast<char>(value)};
    };
    const std::string header = "TZif2" + std::string(15, '\0') + number(0) + number(0) + number(0) +
                               number(0) + number(1) + number(4);
    const std::string body = header + number(seconds) + std::string(2, '\0') + "ABC" + '\0';
    return body + body + "\n\n";
}

}  // namespace

TEST_CASE("porttime: when the time is over the session is, with a warning before") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    world.append_file("/etc/ttygate/login.conf", "PORTTIME_CHECKS_ENAB yes\n");
    add_person(world, ann);
    // By the clock here it is always four seconds before ten.
    constexpr long before_ten = 10 * 3600 - 4;
    constexpr long day = 86'400;
    const long now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())
                         .time_since_epoch()
                         .count();
    world.write_file("/etc/localtime",
                     zone_ahead(static_cast<unsigned>((before_ten - now % day + day) % day)));
    world.write_file("/etc/porttime", "*:ann:Al0900-0959\n");
    pty::Line line;
    const auto begun = pty::Clock::now();
    auto login = start_login(line, {"-f", "ann"});
    line.expect("Your time on this line is over in a minute.");
    line.expect("Your time on this line is over.");
    CHECK(pty::Clock::now() - begun > 2s);
    CHECK(login.wait_exit() == pty::Exit{.status = 0});
    CHECK(world.wtmp().back().type == DEAD_PROCESS);
    CHECK(world.count_log("its time is over (/etc/porttime)") == 1);
    // Ten o'clock is too late.
    pty::Line next;
    start_login(next, {"-f", "ann"}).wait_exit();
    next.expect_hang_up();
    CAPTURE(next.transcript());
    CHECK(has(next.transcript(), "You may not log in on this line at this time."));
}

// --- limits ---

TEST_CASE("limits: each letter is what the shell finds") {
    struct Row {
        const char* limits;
        const char* command;
        const char* answer;
        bool may_be_out_of_reach;  ///< where nobody may raise limits
    };
    const Row rows[] = {
        {"A900000", "ulimit -Sv -Hv", "900000", false},
        {"C77", "ulimit -Hc", "77", false},
        {"D500000", "ulimit -Hd", "500000", false},
        {"F12", "ulimit -Hf", "12", false},
        {"I25", "ulimit -He", "25", true},
        {"M32", "ulimit -Hl", "32", false},
        {"N55", "ulimit -Hn", "55", false},
        {"N55", "ulimit -Sn", "55", false},
        {"O3", "ulimit -Hr", "3", true},
        {"R9999", "ulimit -Hm", "9999", false},
        {"S4096", "ulimit -Hs", "4096", false},
        {"T2", "ulimit -Ht", "120", false},
        {"U99", "ulimit -Hu", "99", false},
        {"K027", "umask", "0027", false},
        {"P7", "nice", "7", false},
        {"-", "ulimit -Sn", "1024", false},
    };
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    pty::Account account = ann;
    account.shell = "/run/shell";
    world.add_user(account);
    for (const Row& row : rows) {
        CAPTURE(std::string{row.limits});
        world.write_file("/etc/limits", "* N66\nann " + std::string{row.limits} + "\n");
        const auto answer = script_says(world, std::string{"echo is $("} + row.command + ")");
        const bool is_set = has(answer, std::string{"is "} + row.answer + "\r\n") ||
                            has(answer, std::string{row.answer} + "\r\n");
        const bool is_logged = world.count_log("is more than this machine allows") > 0;
        CHECK((is_set || (row.may_be_out_of_reach && is_logged)));
    }
    // Whatever the limits of a session, its end is recorded.
    world.write_file("/etc/limits", "ann F0 N16\n");
    script_says(world, "true");
    CHECK(world.wtmp().back().type == DEAD_PROCESS);
}

TEST_CASE("limits: whose they are, and what a faulty line does") {
    struct Row {
        const char* text;
        const char* files;
    };
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    pty::Account account = ann;
    account.shell = "/run/shell";
    account.group = 100;
    world.add_user(account);
    world.add_group("staff", 50, "bob,ann");
    for (const Row& row : {Row{"* N66\n", "66"},
                           Row{"@staff N67\n* N66\n", "67"},
                           Row{"@users N68\n", "68"},
                           Row{"@mail N69\n", "1024"},
                           Row{"bob N70\n", "1024"},
                           Row{"* N66\nann N71\n@staff N67\n", "71"},
                           Row{"ann N\n* N66\n", "66"}}) {
        CAPTURE(std::string{row.text});
        world.write_file("/etc/limits", row.text);
        CHECK(has(script_says(world, "echo files=$(ulimit -n)"),
                  std::string{"files="} + row.files + "\r\n"));
    }
    CHECK(has(world.wait_for_log("/etc/limits:1: "), "these are no limits"));
    // Root has none, and a stack of PAM's has its own.
    world.write_file("/etc/limits", "* N66\nroot N66\n");
    world.write_file("/etc/passwd", "root:x:0:0::/root:/run/shell\n");
    world.write_file("/run/shell", "#!/bin/bash\necho files=$(ulimit -n)\n", 0755);
    pty::Line line;
    auto login = start_login(line, {"-f", "root"});
    line.expect("files=1024\r\n");
}

TEST_CASE("the rules of the shadow gate are not for a stack of PAM's") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    world.append_file("/etc/ttygate/login.conf", "PORTTIME_CHECKS_ENAB yes\nCONSOLE tty1\n");
    pty::Account account = ann;
    account.shell = "/run/shell";
    world.add_user(account);
    world.write_file("/etc/nologin", "closed\n");
    world.write_file("/etc/login.access", "-:ALL:ALL\n");
    world.write_file("/etc/porttime", "*:*:\n");
    world.write_file("/etc/limits", "* N66 L0\n");
    world.write_file("/etc/securetty", "");
    CHECK(has(script_says(world, "echo files=$(ulimit -n)"), "files=1024\r\n"));
}

TEST_CASE("limits: so many sessions of a user, and the next when one has ended") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    world.write_file("/etc/limits", "ann L2\n");
    const auto come = [](const pty::Line& line) { return start_login(line, {"-f", "ann"}); };
    pty::Line first;
    auto login1 = come(first);
    first.expect(pty::shell_prompt);
    pty::Line second;
    auto login2 = come(second);
    second.expect(pty::shell_prompt);
    {
        pty::Line third;
        auto login3 = come(third);
        third.expect("You are logged in as often as you may be (2).");
        CHECK(login3.wait_exit() == pty::Exit{.status = 1});
        CHECK(
            has(world.wait_for_log("LOGIN REFUSED"), "they may have 2 sessions, and have as many"));
    }
    first.send("exit\r");
    CHECK(login1.wait_exit() == pty::Exit{.status = 0});
    pty::Line fourth;
    auto login4 = come(fourth);
    fourth.expect(pty::shell_prompt);
}

// --- failures ---

TEST_CASE(
    "faillog: counted for faillog(8), locked out at its maximum, told and reset by a success") {
    if (::access("/usr/bin/faillog", X_OK) != 0) {
        tests::skip("needs faillog(8)");
    }
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    pty::Account account = ann;
    account.shell = "/run/true";
    world.add_user(account);
    const auto faillog = [](const Words& words) {
        Words all{"/usr/bin/faillog"};
        all.insert(all.end(), words.begin(), words.end());
        return pty::run({.arguments = all}).output;
    };
    // Not made by us.
    shown_to(world, "ann", "wrong");
    CHECK_FALSE(std::filesystem::exists("/var/log/faillog"));

    // Where btmp is kept, it tells more.
    world.remove_file("/var/log/btmp");
    world.write_file("/var/log/faillog", "");
    faillog({"-u", "ann", "-m", "3"});
    shown_to(world, "ann", "wrong");
    shown_to(world, "nosuch", "wrong");
    const auto shown = faillog({"-u", "ann"});
    CAPTURE(shown);
    CHECK(has(shown, "ann             1        3"));
    CHECK(has(shown, "pts/"));
    const auto told = shown_to(world, "ann", "secret");
    CHECK(has(told, "There was 1 failed login attempt"));
    CHECK(has(faillog({"-u", "ann"}), "ann             0        3"));
    CHECK_FALSE(has(shown_to(world, "ann", "secret"), "failed login"));

    for (int i = 0; i < 3; ++i) {
        shown_to(world, "ann", "wrong");
    }
    CHECK(has(shown_to(world, "ann", "secret"), "Login incorrect"));
    CHECK(world.count_log("too many failures (faillog)") == 1);
    // Everybody is told the same.
    CHECK(shown_to(world, "ann", "secret") == shown_to(world, "nosuch", "secret"));
    faillog({"-u", "ann", "-r"});
    CHECK_FALSE(has(shown_to(world, "ann", "secret"), "Login incorrect"));
    // For a time, which the unit tests see the end of.
    faillog({"-u", "ann", "-m", "1", "-l", "3600"});
    shown_to(world, "ann", "wrong");
    CHECK(has(shown_to(world, "ann", "secret"), "Login incorrect"));
}
