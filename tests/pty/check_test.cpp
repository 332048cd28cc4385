// --check of login and of getty, as a person at a bare console and a program would use it.

#include "tests/pty/dialogue.hpp"
#include "tests/pty/test_world.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

namespace fs = std::filesystem;

namespace {

using Words = std::vector<std::string>;

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};

pty::Finished check_line(const Words& words, const std::function<void()>& before = {}) {
    pty::Command command{.arguments = {pty::World::getty(), "-l", pty::World::login()},
                         .before_exec = before};
    command.arguments.insert(command.arguments.end(), words.begin(), words.end());
    return pty::run(command);
}

pty::Finished check(const Words& words, const std::function<void()>& before = {}) {
    pty::Command command{.arguments = {pty::World::login(), "--check"}};
    command.arguments.insert(command.arguments.end(), words.begin(), words.end());
    command.before_exec = before;
    return pty::run(command);
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

void be_nobody() {
    if (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0) {
        ::_exit(1);
    }
}

/// A sentence may be broken into rows.
std::string in_one_row(std::string text) {
    constexpr std::string_view margin = "\n              ";
    for (auto at = text.find(margin); at != text.npos; at = text.find(margin)) {
        text.replace(at, margin.size(), " ");
    }
    return text;
}

}  // namespace

TEST_CASE("check: each reason to refuse is named, and is the exit status") {
    struct Row {
        std::string what;
        std::vector<pty::Gate> gates;
        std::function<void(const pty::World&)> spoil;
        Words words;
        int status;
        std::string says;
    };
    const auto pam = pty::Gate::pam;
    const auto shadow = pty::Gate::shadow;
    const auto nothing = [](const pty::World&) {};
    const auto account = [](const pty::Account& changed) {
        return [changed](const pty::World& world) { world.add_user(changed); };
    };
    const std::vector<Row> rows{
        {"good", {pam, shadow}, nothing, {"ann"}, 0, "ann would be let in, with the right"},
        {"by -f", {pam, shadow}, nothing, {"-f", "ann"}, 0, "ann would be let in.\n"},
        {"nobody named", {pam, shadow}, nothing, {}, 0, "A person with an account would be let in"},
        {"no account", {pam, shadow}, nothing, {"zoe"}, 1, "there is no such account"},
        {"no name", {pam, shadow}, nothing, {"--", "a b"}, 1, "that cannot be a user name"},
        {"locked", {pam, shadow}, nothing, {"daemon"}, 1, "the account's password is locked"},
        {"expired",
         {pam, shadow},
         account({.name = "bob", .user = 1002, .password = "x", .expiry = 1}),
         {"bob"},
         1,
         "the account has expired"},
        {"shell missing",
         {pam, shadow},
         account({.name = "bob", .user = 1002, .password = "x", .shell = "/none"}),
         {"bob"},
         1,
         "the shell \"/none\" is not there"},
        {"script",
         {pam, shadow},
         [](const pty::World& world) {
             world.write_file("/run/script", "echo\n", 0755);
             world.add_user({.name = "bob", .user = 1002, .password = "x", .shell = "/run/script"});
         },
         {"bob"},
         1,
         "is a script without #!"},
        {"home missing",
         {pam, shadow},
         [](const pty::World& world) {
             fs::remove_all("/home/ann");
             world.append_file("/etc/ttygate/login.conf", "DEFAULT_HOME no\n");
         },
         {"ann"},
         1,
         "/home/ann cannot be entered by the user, and DEFAULT_HOME is no"},
        {"home missing, and that is all right",
         {pam, shadow},
         [](const pty::World&) { fs::remove_all("/home/ann"); },
         {"ann"},
         0,
         "the shell would start in /"},
        {"closed",
         {shadow},
         [](const pty::World& world) { world.write_file("/etc/nologin", "closed\n"); },
         {"ann"},
         1,
         "logins are closed by the nologin file"},
        {"no service",
         {pam},
         [](const pty::World& world) { world.remove_file("/etc/pam.d/login"); },
         {"ann"},
         1,
         "the PAM service login has no file"},
        {"module missing",
         {pam},
         [](const pty::World& world) {
             world.append_file("/etc/pam.d/login", "@include more\n");
             world.write_file("/etc/pam.d/more", "account required pam_none.so\n");
         },
         {"ann"},
         1,
         "there is no module pam_none.so (account required in the PAM service more)"},
        {"module missing, and that is all right",
         {pam},
         [](const pty::World& world) {
             world.append_file("/etc/pam.d/login", "-session optional pam_none.so\n");
         },
         {"ann"},
         0,
         "all modules found"},
        {"closed by a module",
         {pam},
         [](const pty::World& world) {
             world.append_file("/etc/pam.d/login", "account required pam_nologin.so\n");
             world.write_file("/etc/nologin", "");
         },
         {"ann"},
         1,
         "pam_nologin keeps out all but root"},
        {"no service for hosts",
         {pam},
         [](const pty::World& world) { world.remove_file("/etc/pam.d/remote"); },
         {"-h", "far.example", "ann"},
         0,
         "there is no PAM service remote"},
        {"-f from a host",
         {pam, shadow},
         nothing,
         {"-h", "far", "-f", "ann"},
         0,
         "LOGIN_REMOTE_NOAUTH"},
        {"--exec-shell", {pam}, nothing, {"--exec-shell", "ann"}, 1, "for the shadow gate"},
        {"no shadow file",
         {shadow},
         [](const pty::World& world) { world.remove_file("/etc/shadow"); },
         {},
         1,
         "/etc/shadow"},
        {"keys",
         {pam, shadow},
         [](const pty::World& world) {
             world.append_file("/etc/ttygate/login.conf", "LOGIN_RETRIES many\nNO_SUCH_KEY 1\n");
             world.append_file("/etc/login.defs", "CLOSE_SESSIONS yes\n");
         },
         {"ann"},
         0,
         "LOGIN_RETRIES must be a number"},
        {"unreadable by others",
         {pam, shadow},
         nothing,
         {"ann"},
         2,
         "only root can read /etc/shadow"},
    };
    for (const Row& row : rows) {
        for (const auto gate : row.gates) {
            if (gate == pam && pty::gates().size() < 2) {
                continue;
            }
            CAPTURE(name_of(gate));
            CAPTURE(row.what);
            pty::TestWorld world;
            choose_gate(world, gate);
            add_person(world, ann);
            row.spoil(world);
            const auto done =
                check(row.words, row.status == 2 ? be_nobody : std::function<void()>{});
            CAPTURE(done.output);
            CHECK(done.exit == pty::Exit{.status = row.status});
            const std::string words = in_one_row(done.output);
            CHECK(contains(words, row.says));
            if (row.what == "keys") {
                CHECK(contains(words, "\"NO_SUCH_KEY\""));
                CHECK(contains(words, "CLOSE_SESSIONS"));
            }
            CHECK(world.log_lines().empty());
            CHECK(world.btmp().empty());
            CHECK(world.utmp().empty());
        }
    }
}

TEST_CASE("check: on a line it tells of the line, and changes nothing of it") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    world.set_password("root", "toor");
    pty::Line line;
    world.write_file("/etc/securetty", "tty1\n");
    const auto modes = line.modes();
    const auto owner = line.owner();
    for (const bool listed : {false, true}) {
        auto login = line.start_on({.arguments = {pty::World::login(), "--check", "root"},
                                    .session = pty::Session::leader_with_terminal});
        line.expect(listed ? "root would be let in" : "securetty");
        CHECK(login.wait_exit() == pty::Exit{.status = listed ? 0 : 1});
        world.write_file("/etc/securetty", line.name() + "\n");
    }
    CHECK(line.modes().c_lflag == modes.c_lflag);
    CHECK(line.owner() == owner);
    CHECK(world.utmp().empty());
    CHECK(world.log_lines().empty());
    // Away from it nobody knows.
    const auto away = check({"root"});
    CHECK(away.exit == pty::Exit{.status = 2});
    CHECK(contains(away.output, "they depend on the line"));
}

TEST_CASE("check: as JSON, for a program") {
    const pty::TestWorld world;
    choose_gate(world, pty::gates().back());
    add_person(world, ann);
    const auto done = check({"--json", "ann"});
    CHECK(done.exit == pty::Exit{.status = 0});
    CHECK(
        done.output.starts_with("{\n  \"version\": 1,\n  \"user\": \"ann\",\n  \"line\": null,\n"));
    CHECK(contains(done.output, "\"verdict\": \"let in\""));
    CHECK(
        contains(done.output, "{\"topic\": \"shell\", \"level\": \"ok\", \"text\": \"/bin/sh\"}"));
    if (pty::gates().size() > 1) {
        CHECK(contains(done.output, "/pam_unix.so\"}"));
    }
    CHECK(done.output.ends_with("]\n}\n"));
}

TEST_CASE("getty --check: each reason for no prompt is named, and is the exit status") {
    struct Row {
        std::string what;
        std::function<void(const pty::World&)> spoil;
        Words words;  ///< LINE is a pty
        int status;
        std::string says;
    };
    const auto nothing = [](const pty::World&) {};
    for (const Row& row : std::vector<Row>{
             {"good", nothing, {"LINE"}, 0, "would get its prompt."},
             {"no line named", nothing, {}, 0, "A line would get its prompt."},
             {"absent", nothing, {"ttyNONE9"}, 2, "ttyNONE9 is not there: getty would wait for it"},
             {"no terminal", nothing, {"null"}, 1, "/dev/null is no terminal"},
             {"a folder", nothing, {"/etc"}, 1, "/etc is no terminal"},
             {"standard input", nothing, {"-"}, 1, "standard input is no terminal"},
             {"no such option", nothing, {"--bogus"}, 1, "NO   options"},
             {"a value that is none", nothing, {"-t", "soon", "LINE"}, 1, "--timeout"},
             {"operands",
              nothing,
              {"LINE", "9600", "vt100", "x"},
              0,
              "\"x\" is not heeded: it follows line, speed and terminal type"},
             {"a speed that is none", nothing, {"LINE", "96x0,", "vt100"}, 1, "is not a speed"},
             {"the type", nothing, {"LINE", "9600", "no-such-type"}, 0, "terminfo has no entry"},
             {"the name",
              nothing,
              {"--no-sandbox", "LINE"},
              0,
              "note name     --no-sandbox: what is typed"},
             {"login", nothing, {"-l", "/none", "LINE"}, 1, "/none: No such file or directory"},
             {"login is a folder", nothing, {"-l", "/etc", "LINE"}, 1, "/etc: Is a directory"},
             {"login's place", nothing, {"-C", "/none", "LINE"}, 1, "/none is no directory"},
             {"issue", nothing, {"-f", "/none", "LINE"}, 0, "/none cannot be read"},
             {"autologin",
              [](const pty::World& world) {
                  world.add_user({.name = "bob", .user = 1002, .password = "x", .expiry = 1});
              },
              {"-a", "bob", "LINE"},
              0,
              "no automatic login of bob"},
             {"keys",
              [](const pty::World& world) {
                  world.write_file("/etc/getty.conf", "speed = fast\nno-such-key = 1\n");
              },
              {"LINE"},
              0,
              "/etc/getty.conf:2: unknown key \"no-such-key\""},
             {"more keys than the log would have",
              [](const pty::World& world) {
                  world.write_file("/etc/getty.conf", "a=1\nb=1\nc=1\nd=1\ne=1\nf=1\ng=1\n");
              },
              {},
              0,
              "/etc/getty.conf:7: unknown key"},
             {"gettydefs",
              [](const pty::World& world) { world.write_file("/etc/gettydefs", "x\n"); },
              {},
              0,
              "note tables   /etc/gettydefs:1: "},
             {"a table of others",
              [](const pty::World& world) {
                  world.write_file("/etc/getty.conf", "term = x\n", 0666);
              },
              {"LINE"},
              0,
              "can be written by others than root: not read"},
             {"unreadable by others", nothing, {"LINE"}, 2, "only root can open it"},
         }) {
        CAPTURE(row.what);
        pty::TestWorld world;
        const pty::Line line;
        row.spoil(world);
        Words words{"--check"};
        for (const std::string& word : row.words) {
            words.push_back(word == "LINE" ? line.name() : word);
        }
        const auto modes = line.modes();
        const auto owner = line.owner();
        const auto done = check_line(
            words, row.what == "unreadable by others" ? be_nobody : std::function<void()>{});
        CAPTURE(done.output);
        CHECK(done.exit == pty::Exit{.status = row.status});
        CHECK(contains(in_one_row(done.output), row.says));
        CHECK(line.modes().c_cflag == modes.c_cflag);
        CHECK(line.modes().c_lflag == modes.c_lflag);
        CHECK(line.owner() == owner);
        CHECK(world.log_lines().empty());
        CHECK(world.utmp().empty());
    }
}

TEST_CASE("getty --check: who has the line is told, and keeps it") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    auto holder = line.start_on({.arguments = {"/bin/cat"}});
    auto done = check_line({"--check", line.name()});
    CHECK(done.exit == pty::Exit{.status = 0});
    CHECK(contains(
        in_one_row(done.output),
        "it is in use: getty would hang up process " + std::to_string(holder.id()) + " (cat)"));
    line.send("still here\r");
    line.expect("still here\r\nstill here");
    pty::Line other;
    auto getty = pty::start_getty(other);
    pty::log_in(other, ann.name, ann.password);
    done = check_line({"--check", other.name()});
    CHECK(done.exit == pty::Exit{.status = 0});
    CHECK(contains(in_one_row(done.output), "ann is logged in on it by process "));
}

TEST_CASE("getty --check: as JSON, for a program, and of a wrong command line too") {
    const pty::TestWorld world;
    const pty::Line line;
    auto done = check_line({"--check", "--json", line.name(), "9600", "vt100"});
    CHECK(done.output.starts_with("{\n  \"version\": 1,\n  \"line\": \"" + line.name() +
                                  "\",\n  \"device\": \"/dev/" + line.name() +
                                  "\",\n  \"speeds\": [9600],\n  \"term\": \"vt100\",\n"));
    CHECK(contains(done.output, "\"verdict\": \"served\""));
    done = check_line({"--check", "--json", "--bogus"});
    CHECK(done.exit == pty::Exit{.status = 1});
    CHECK(contains(done.output, "{\"topic\": \"options\", \"level\": \"refused\""));
    CHECK(done.output.ends_with("]\n}\n"));
}

TEST_CASE("getty --dump: each value with the place it comes from, as a table that does the same") {
    pty::TestWorld world;
    const pty::Line line;
    world.write_file("/etc/ttys", "# none\n" + line.name() + " \"/sbin/getty x\" vt52 on\n");
    world.write_file("/etc/getty.conf", "break = reset\n[pts/*]\nterm = vt100\ntimeout = 9\n");
    world.write_file("/etc/getty.conf.d/10.conf", "[" + line.name() + "]\nprompt = \"hm: \"\n");
    world.write_file("/etc/gettydefs", "slow# B300 # B300 SANE #login: #slow\n");
    const auto done = check_line({"--dump", "-t", "7", line.name(), "slow"});
    CAPTURE(done.output);
    CHECK(done.exit == pty::Exit{.status = 0});
    CHECK(done.output.starts_with("[" + line.name() + "]\n# default\n"));
    for (const std::string part : {"\n# /etc/getty.conf:1\nbreak = reset\n",
                                   "\n# /etc/getty.conf:3\nterm = vt100\n",
                                   "\n# /etc/gettydefs:1\nspeed = 300\n",
                                   "\n# command line\nlogin-program = ",
                                   "\ntimeout = 7\n"}) {
        CAPTURE(part);
        CHECK(contains(done.output, part));
    }
    // Said, and overruled.
    CHECK_FALSE(contains(done.output, "vt52"));
    CHECK_FALSE(contains(done.output, "timeout = 9"));
    const auto plain = check_line({"--dump", "-t", "7", line.name()});
    world.write_file("/etc/again.conf", plain.output);
    const auto again = check_line({"--check-table", "/etc/again.conf"});
    CHECK(again.exit == pty::Exit{.status = 0});
    CHECK(contains(again.output, "timeout = 7"));
}
