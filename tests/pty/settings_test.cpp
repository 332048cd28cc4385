// What each key of login.defs(5) and login.conf changes: the same is looked at
// without it and with it.

#include "tests/pty/dialogue.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

using Words = std::vector<std::string>;
using pty::World;

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret", .shell = "/run/shell"};

pty::Process start_login(const pty::Line& line, const Words& words, const Words& environment = {}) {
    pty::Command command{.arguments = {World::login()},
                         .environment = environment,
                         .session = pty::Session::leader_with_terminal};
    command.arguments.insert(command.arguments.end(), words.begin(), words.end());
    return line.start_on(command);
}

void make_shell(const World& world, const std::string& commands) {
    world.write_file("/run/shell", "#!/bin/sh\n" + commands + "\n", 0755);
}

/// All that a login shows whose shell is these commands.
std::string shown_by(const World& world,
                     const std::string& commands,
                     const Words& words = {"-f", "ann"},
                     const Words& environment = {}) {
    make_shell(world, commands);
    pty::Line line;
    auto login = start_login(line, words, environment);
    login.wait_exit();
    line.expect_hang_up();
    return line.transcript();
}

std::string shown_to_root(const World& world, const std::string& commands) {
    world.write_file("/etc/passwd",
                     "root:x:0:0:root:/root:/run/shell\nann:x:1001:1001::/home/ann:/run/shell\n");
    return shown_by(world, commands, {"-f", "root"});
}

/// The passwords typed one after the other, the name before each unless it is
/// kept.
std::string shown_after(const World& world, const std::string& name, const Words& passwords) {
    make_shell(world, "echo in");
    pty::Line line;
    auto login = start_login(line, {"-H", "--", name});
    bool asks = true;
    for (const std::string& password : passwords) {
        line.expect("Password: ");
        line.send(password + "\r");
        asks = pty::wait_until([&] {
            const auto rest = line.unmatched();
            return !login.is_running() || rest.find("Password: ") != rest.npos ||
                   rest.find("login: ") != rest.npos;
        });
        if (asks && line.unmatched().find("login: ") != std::string_view::npos) {
            line.expect("login: ");
            line.send(name + "\r");
        }
    }
    line.close_master();
    login.wait_exit();
    return line.transcript();
}

std::string log_after(World& world, const std::string& beginning) {
    return world.count_log(beginning) > 0 ? "logged" : "silent";
}

std::string passed(pty::Clock::time_point begun, pty::Milliseconds time) {
    return pty::Clock::now() - begun < time ? "quick" : "slow";
}

struct Row {
    const char* key;
    const char* setting;  ///< what follows the key
    const char* before;   ///< seen without it, and not with it
    const char* after;    ///< the other way round
    std::string (*look)(World& world);
};

// clang-format off
const Row rows[] = {
    // --- who comes in, and how long it takes ---
    {"LOGIN_TIMEOUT", "1", "still asking", "Nobody logged in within 1 second.", [](World&) {
        pty::Line line;
        auto login = start_login(line, {"ann"});
        line.expect("Password: ");
        pty::wait_until([&] { return !login.is_running(); }, 5000ms);
        return login.is_running() ? std::string{"still asking"} : line.transcript();
    }},
    {"LOGIN_RETRIES", "1", "once more", "gone", [](World&) {
        pty::Line line;
        auto login = start_login(line, {"ann"});
        line.expect("Password: ");
        line.send("wrong\r");
        line.expect("Login incorrect");
        pty::wait_until([&] { return !login.is_running() || line.unmatched().find("login: ") != std::string_view::npos; });
        return std::string{login.is_running() ? "once more" : "gone"};
    }},
    {"FAIL_DELAY", "2", "quick", "slow", [](World&) {
        pty::Line line;
        auto login = start_login(line, {"ann"});
        line.expect("Password: ");
        const auto begun = pty::Clock::now();
        line.send("wrong\r");
        line.expect("Login incorrect");
        return passed(begun, 2000ms);
    }},
    {"LOGIN_KEEP_USERNAME", "yes", "incorrect\r\nlogin: ", "incorrect\r\nPassword: ", [](World& world) {
        return shown_after(world, "ann", {"wrong", "secret"});
    }},
    {"LOGIN_PLAIN_PROMPT", "yes", "box login: ", "\rlogin: ", [](World&) {
        pty::Line line;
        auto login = start_login(line, {});
        return "\r" + line.expect("login: ") + "login: ";
    }},
    {"LOGIN_PASSWORD_FEEDBACK", "dots", "Password: \r\n", "Password: ******", [](World& world) {
        return shown_after(world, "ann", {"secret"});
    }},
    {"PREVENT_NO_AUTH", "superuser", "Login incorrect", "in\r\n", [](World& world) {
        world.add_user({.name = "eve", .user = 1002, .shell = "/run/shell"});
        return shown_after(world, "eve", {""});
    }},
    {"LOGIN_REMOTE_NOAUTH", "yes", "Password: ", "in\r\n", [](World& world) {
        make_shell(world, "echo in");
        pty::Line line;
        auto login = start_login(line, {"-h", "far.example.org", "-f", "ann"});
        pty::wait_until([&] { return !login.is_running() || line.unmatched().find("Password: ") != std::string_view::npos; });
        return line.transcript();
    }},
    {"LOGIN_GATE", "shadow", "the stack", "login itself", [](World& world) {
        if (pty::gates().size() == 1) {
            return std::string{world.read_file("/etc/ttygate/login.conf").find("LOGIN_GATE") == std::string::npos ? "the stack" : "login itself"};
        }
        // A stack has its own rules, and this one has none.
        world.write_file("/etc/nologin", "closed\n");
        const auto text = shown_by(world, "echo in");
        return std::string{text.find("closed") == std::string::npos ? "the stack" : "login itself"};
    }},
    {"FAILLOG_ENAB", "no", "counted", "none", [](World& world) {
        world.remove_file("/var/log/btmp");
        world.write_file("/var/log/faillog", "");
        const auto text = shown_after(world, "ann", {"wrong", "secret"});
        return std::string{text.find("1 failed login attempt") == std::string::npos ? "none" : "counted"};
    }},
    {"NOLOGINS_FILE", "/run/closed", "in\r\n", "back at nine", [](World& world) {
        world.write_file("/run/closed", "back at nine\n");
        return shown_by(world, "echo in");
    }},
    {"CONSOLE", "tty1:ttyS0", "in\r\n", "Root cannot log in on this line.", [](World& world) {
        return shown_to_root(world, "echo in");
    }},
    {"CONSOLE", "/etc/consoles", "in\r\n", "Root cannot log in on this line.", [](World& world) {
        world.write_file("/etc/consoles", "tty1\nttyS0\n");
        return shown_to_root(world, "echo in");
    }},
    {"PORTTIME_CHECKS_ENAB", "yes", "in\r\n", "You may not log in on this line at this time.", [](World& world) {
        world.write_file("/etc/porttime", "*:ann:\n");
        return shown_by(world, "echo in");
    }},
    {"QUOTAS_ENAB", "no", "files 77", "files 1024", [](World& world) {
        world.write_file("/etc/limits", "ann N77\n");
        return shown_by(world, "echo files $(ulimit -n)");
    }},
    // --- what the shell is and has ---
    {"ENV_PATH", "PATH=/opt/bin", "PATH=/usr/local/bin:/usr/bin:/bin\r\n", "PATH=/opt/bin\r\n", [](World& world) {
        return shown_by(world, "echo PATH=$PATH");
    }},
    {"ENV_SUPATH", "/opt/sbin", "PATH=/usr/local/sbin", "PATH=/opt/sbin\r\n", [](World& world) {
        return shown_to_root(world, "echo PATH=$PATH");
    }},
    {"ENV_ROOTPATH", "/opt/sbin", "PATH=/usr/local/sbin", "PATH=/opt/sbin\r\n", [](World& world) {
        // ENV_SUPATH, where it is, counts more.
        std::string defs = world.read_file("/etc/login.defs");
        defs.replace(defs.find("ENV_SUPATH"), 10, "# SUPATH  ");
        world.write_file("/etc/login.defs", defs);
        return shown_to_root(world, "echo PATH=$PATH");
    }},
    {"ENV_TZ", "TZ=CET-1CEST", "TZ=\r\n", "TZ=CET-1CEST\r\n", [](World& world) {
        return shown_by(world, "echo TZ=$TZ");
    }},
    {"ENV_TZ", "/etc/tzname", "TZ=\r\n", "TZ=EST5EDT\r\n", [](World& world) {
        world.write_file("/etc/tzname", "TZ=EST5EDT\n");
        return shown_by(world, "echo TZ=$TZ");
    }},
    {"ENV_TZ", "TZ=:/usr/share/zoneinfo/UTC", "TZ=\r\n", "TZ=:/usr/share/zoneinfo/UTC\r\n", [](World& world) {
        return shown_by(world, "echo TZ=$TZ");
    }},
    {"ENV_TZ", "/etc/tzname", "/etc/tzname: silent", "/etc/tzname: logged", [](World& world) {
        world.write_file("/etc/tzname", "Europe/Berlin is where we are\n");
        shown_by(world, "true");
        return "/etc/tzname: " + log_after(world, "/etc/tzname: what is in it is no time zone");
    }},
    {"ENV_HZ", "HZ=100", "HZ=\r\n", "HZ=100\r\n", [](World& world) {
        return shown_by(world, "echo HZ=$HZ");
    }},
    {"LOGIN_ENV_SAFELIST", "COLOUR", "COLOUR=\r\n", "COLOUR=red\r\n", [](World& world) {
        return shown_by(world, "echo COLOUR=$COLOUR", {"-p", "-f", "ann"}, {"COLOUR=red"});
    }},
    {"MAIL_DIR", "/srv/mail", "MAIL=/var/mail/ann", "MAIL=/srv/mail/ann", [](World& world) {
        return shown_by(world, "echo MAIL=$MAIL");
    }},
    {"UMASK", "027", "umask 0022", "umask 0027", [](World& world) {
        return shown_by(world, "echo umask $(umask)");
    }},
    {"ULIMIT", "2048", "blocks unlimited", "blocks 2048", [](World& world) {
        return shown_by(world, "echo blocks $(ulimit -H -f)");
    }},
    {"FAKE_SHELL", "/run/fake", "real", "fake for /run/shell, /run/shell", [](World& world) {
        world.append_file("/etc/shells", "/run/shell\n");
        world.write_file("/run/fake", "#!/bin/sh\necho fake for $SHELL, $(tr '\\0' ' ' </proc/$$/environ | grep -o 'SHELL=[^ ]*' | cut -d= -f2)\n", 0755);
        return shown_by(world, "echo real");
    }},
    {"LOGIN_SHELL_FALLBACK", "yes", "is not there.\r\n", "You get /bin/sh instead.", [](World& world) {
        world.write_file("/etc/passwd", "root:x:0:0:root:/root:/opt/gone\n");
        pty::Line line;
        auto login = start_login(line, {"-f", "root"});
        pty::wait_until([&] { return !login.is_running() || line.unmatched().find("# ") != std::string_view::npos; });
        return line.transcript();
    }},
    {"DEFAULT_HOME", "no", "you are in / instead", "cannot enter the home directory", [](World& world) {
        world.remove_file("/home/ann");
        return shown_by(world, "pwd");
    }},
    // --- the line ---
    {"TTYPERM", "0600", "mode 620", "mode 600", [](World& world) {
        return shown_by(world, "echo mode $(stat -L -c %a /proc/self/fd/0)");
    }},
    {"TTYGROUP", "100", "group 5\r\n", "group 100\r\n", [](World& world) {
        return shown_by(world, "echo group $(stat -L -c %g /proc/self/fd/0)");
    }},
    {"ERASECHAR", "010", "erase = ^?", "erase = ^H", [](World& world) {
        return shown_by(world, "stty -a");
    }},
    {"KILLCHAR", "0x18", "kill = ^U", "kill = ^X", [](World& world) {
        return shown_by(world, "stty -a");
    }},
    // --- what is said ---
    {"MOTD_FILE", "/run/a:/run/b", "usual", "first\r\nsecond", [](World& world) {
        world.write_file("/etc/motd", "usual\n");
        world.write_file("/run/a", "first\n");
        world.write_file("/run/b", "second\n");
        return shown_by(world, "echo in");
    }},
    {"MOTD_FIRSTONLY", "yes", "two\r\nusual", "one\r\ntwo\r\nin", [](World& world) {
        // A folder is one of them.
        world.write_file("/run/motd/1.motd", "one\n");
        world.write_file("/run/motd/2.motd", "two\n");
        world.write_file("/etc/motd", "usual\n");
        return shown_by(world, "echo in");
    }},
    {"HUSHLOGIN_FILE", "/etc/hushlogins", "usual", "\rin\r\n", [](World& world) {
        world.write_file("/etc/motd", "usual\n");
        world.write_file("/etc/hushlogins", "ann\n");
        return "\r" + shown_by(world, "echo in");
    }},
    {"MAIL_CHECK_ENAB", "no", "You have new mail.", "\rin\r\n", [](World& world) {
        world.write_file("/var/mail/ann", "From bob\n\nHello\n");
        return "\r" + shown_by(world, "echo in");
    }},
    // --- what is kept ---
    {"LASTLOG_ENAB", "no", "known", "none", [](World& world) {
        shown_by(world, "true");
        return std::string{world.last_login(1001) ? "known" : "none"};
    }},
    {"LASTLOG_UID_MAX", "1000", "known", "none", [](World& world) {
        shown_by(world, "true");
        return std::string{world.last_login(1001) ? "known" : "none"};
    }},
    {"FTMP_FILE", "/var/log/failed", "in btmp", "elsewhere", [](World& world) {
        world.write_file("/var/log/failed", "", 0600);
        shown_after(world, "ann", {"wrong"});
        return std::string{world.btmp().empty() ? "elsewhere" : "in btmp"};
    }},
    {"LOG_UNKFAIL_ENAB", "yes", "(unknown)", "nosuch", [](World& world) {
        shown_after(world, "nosuch", {"wrong"});
        return world.btmp().empty() ? std::string{} : world.btmp().front().user;
    }},
    {"LOG_OK_LOGINS", "yes", "silent", "logged", [](World& world) {
        shown_by(world, "true");
        return log_after(world, "LOGIN ON");
    }},
};
// clang-format on

std::string seen(const Row& row, const std::string& text) {
    pty::TestWorld world;
    if (std::string_view{row.key} != "LOGIN_GATE") {
        choose_gate(world, pty::Gate::shadow);
    }
    world.add_user(ann);
    world.append_file("/etc/ttygate/login.conf", text);
    return row.look(world);
}

bool has(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("each key of the settings changes what it is there for, and nothing does without it") {
    for (const Row& row : rows) {
        const std::string setting = std::string{row.key} + " " + row.setting + "\n";
        CAPTURE(setting);
        const std::string without = seen(row, "");
        CAPTURE(without);
        CHECK(has(without, row.before));
        CHECK_FALSE(has(without, row.after));
        const std::string with = seen(row, setting);
        CAPTURE(with);
        CHECK(has(with, row.after));
        CHECK_FALSE(has(with, row.before));
    }
}

TEST_CASE("SHELL says the shell that is started, of an empty -s too") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    world.add_user({.name = "ann", .user = 1001, .shell = "/bin/bash"});
    for (const std::string& wanted : std::vector<std::string>{"", "/bin/dash"}) {
        const std::string started = wanted.empty() ? "/bin/sh" : wanted;
        CAPTURE(wanted);
        pty::Line line;
        const auto login = start_login(line, {"-f", "-s", wanted, "ann"});
        line.expect("$ ");
        line.send("echo \"<$SHELL>\"\r");
        line.expect("<" + started + ">\r\n");
    }
}

TEST_CASE("keys without effect are logged once, an unknown one of our own file with its line") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    world.add_user(ann);
    shown_by(world, "true");
    CHECK(world.count_log("no effect") == 0);
    world.append_file("/etc/login.defs",
                      "PASS_MAX_DAYS 99999\nCONSOLE_GROUPS floppy\nUID_MIN 1000\nFAIL_DELAI 3\n");
    world.write_file("/etc/ttygate/login.conf", "LOGIN_GATE shadow\nLOGIN_GAIT pam\n");
    shown_by(world, "true");
    CHECK(world.count_log("no effect") == 1);
    CHECK(world.wait_for_log("no effect")
              .ends_with("/etc/login.defs: no effect on login: CONSOLE_GROUPS (line 5), "
                         "FAIL_DELAI (line 7)"));
    CHECK(world.wait_for_log("LOGIN_GAIT")
              .ends_with("/etc/ttygate/login.conf:2: there is no key \"LOGIN_GAIT\""));
}

TEST_CASE("FAKE_SHELL does not open an account that is shut by its shell") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    world.add_user({.name = "shut", .user = 1002, .shell = "/run/shell"});
    world.append_file("/etc/ttygate/login.conf", "FAKE_SHELL /bin/sh\n");
    CHECK(has(shown_by(world, "echo shut", {"-f", "shut"}), "shut\r\n"));
}

TEST_CASE("LOGIN_SHELL_FALLBACK is for root alone") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    world.add_user({.name = "bob", .user = 1002, .shell = "/opt/gone"});
    world.append_file("/etc/ttygate/login.conf", "LOGIN_SHELL_FALLBACK yes\n");
    const auto text = shown_by(world, "", {"-f", "bob"});
    CHECK(has(text, "The shell /opt/gone is not there."));
    CHECK_FALSE(has(text, "instead"));
}
