// Linux-PAM's own modules, each in a stack of the test's: what it shows, and what
// it does to the session. And whole stacks, as families of systems have them.
#include "tests/pty/dialogue.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};
const std::string unix_auth = "auth required pam_unix.so nodelay\n";
const std::string unix_account = "account required pam_unix.so\n";
const std::string unix_rest = "password required pam_unix.so\nsession required pam_unix.so\n";

/// A World in which this is the stack of the service `login`.
struct Stacked : pty::TestWorld {
    explicit Stacked(const std::string& rules) {
        choose_gate(*this, pty::Gate::pam);
        add_person(*this, ann);
        write_file("/etc/pam.d/login", rules);
    }
};

void type_name_and_password(pty::Line& line, const std::string& password = "secret") {
    line.expect("login: ");
    line.send("ann\r");
    line.expect("Password: ");
    line.send(password + "\r");
}

/// What was on the screen between the password and the shell's prompt.
std::string shown_by(const std::string& rules, const std::function<void(pty::World&)>& prepare) {
    Stacked world{rules};
    prepare(world);
    pty::Line line;
    auto login = start_getty(line);
    type_name_and_password(line);
    std::string shown = line.expect(pty::shell_prompt);
    line.send("exit\r");
    CHECK(login.wait_exit() == pty::Exit{.status = 0});
    CHECK(line.owner() == pty::nobodys_line);
    return shown;
}

bool is_there(const char* path) {
    return ::access(path, F_OK) == 0;
}

/// In bytes; RLIMIT_FSIZE of getrlimit(2).
rlim_t largest_file_of(pid_t process) {
    rlimit limit{};
    REQUIRE(::prlimit(process, RLIMIT_FSIZE, nullptr, &limit) == 0);
    return limit.rlim_cur;
}

/// Read before there is a World, which hides it.
std::string sample(const std::string& family, const std::string& service) {
    std::ifstream file{std::string{TTYGATE_PAM_SAMPLES "/"} + family + "/" + service};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    REQUIRE_FALSE(text.empty());
    return text;
}

/// What a family's own files say, which its samples include; without what needs a
/// directory server or a fingerprint.
using Files = std::vector<std::pair<std::string, std::string>>;

const std::string arch_auth =
    "auth required pam_faillock.so preauth dir=/run/faillock nodelay\n"
    "auth [success=1 default=bad] pam_unix.so try_first_pass nullok nodelay\n"
    "auth [default=die] pam_faillock.so authfail dir=/run/faillock nodelay\n"
    "auth optional pam_permit.so\n"
    "auth required pam_env.so\n"
    "auth required pam_faillock.so authsucc dir=/run/faillock\n"
    "account required pam_unix.so\naccount optional pam_permit.so\naccount required pam_time.so\n"
    "password required pam_unix.so try_first_pass nullok shadow\n"
    "session required pam_limits.so\nsession required pam_unix.so\n";
const std::string arch_login =
    "auth required pam_shells.so\nauth requisite pam_nologin.so\nauth include system-auth\n"
    "account required pam_access.so\naccount required pam_nologin.so\naccount include system-auth\n"
    "password include system-auth\n"
    "session optional pam_loginuid.so\nsession optional pam_keyinit.so force revoke\n"
    "session include system-auth\nsession optional pam_motd.so\n"
    "session optional pam_mail.so dir=/var/mail standard quiet\nsession required pam_env.so\n";
const std::string all_of_system_login =
    "auth include system-login\naccount include system-login\n"
    "password include system-login\nsession include system-login\n";
const std::string fedora_auth =
    "auth required pam_env.so\nauth required pam_faildelay.so delay=0\n"
    "auth sufficient pam_unix.so nullok nodelay\nauth required pam_deny.so\n"
    "account required pam_unix.so\n"
    "password sufficient pam_unix.so nullok shadow\npassword required pam_deny.so\n"
    "session optional pam_keyinit.so revoke\nsession required pam_limits.so\n"
    "session [success=1 default=ignore] pam_succeed_if.so service in crond quiet use_uid\n"
    "session required pam_unix.so\n";
const std::string debian_common_session =
    "session [default=1] pam_permit.so\nsession requisite pam_deny.so\n"
    "session required pam_permit.so\nsession required pam_unix.so\n";

const std::map<std::string, Files> families{
    {"debian",
     {{"common-auth",
       "auth [success=1 default=ignore] pam_unix.so nullok nodelay\nauth requisite pam_deny.so\n"
       "auth required pam_permit.so\n"},
      {"common-account",
       "account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\n"
       "account requisite pam_deny.so\naccount required pam_permit.so\n"},
      {"common-password",
       "password [success=1 default=ignore] pam_unix.so obscure yescrypt\n"
       "password requisite pam_deny.so\npassword required pam_permit.so\n"},
      {"common-session", debian_common_session}}},
    {"arch",
     {{"system-auth", arch_auth},
      {"system-login", arch_login},
      {"system-local-login", all_of_system_login},
      {"system-remote-login", all_of_system_login}}},
    {"fedora",
     {{"system-auth", fedora_auth},
      {"password-auth", fedora_auth},
      {"postlogin",
       "session optional pam_umask.so silent\n"
       "session [default=1] pam_lastlog.so nowtmp showfailed\n"
       "session optional pam_lastlog.so silent noupdate showfailed\n"}}}};

}  // namespace

TEST_CASE("PAM modules: pam_motd, pam_mail, pam_lastlog, pam_exec and pam_echo are seen once") {
    const std::string base = unix_auth + unix_account + unix_rest;
    CHECK(shown_by(base, [](auto&) {}) == "\r\n");
    CHECK(shown_by(base + "session optional pam_motd.so motd=/etc/motd\n", [](auto& world) {
              world.write_file("/etc/motd", "Mind the step\nand the gap\n");
          }) == "\r\nMind the step\r\nand the gap\r\n");
    CHECK(shown_by(base + "session optional pam_mail.so standard dir=/var/mail\n", [](auto& world) {
              world.write_file("/var/mail/ann", "From x\n\nhello\n");
          }).find("You have") != std::string::npos);
    CHECK(shown_by(base + "session optional pam_exec.so stdout /bin/echo from a program\n",
                   [](auto&) {}) == "\r\nfrom a program\r\n");
    CHECK(shown_by(base + "session optional pam_echo.so Hello %u on %t\n", [](auto&) {
          }).find("Hello ann on /dev/pts/") != std::string::npos);
}

TEST_CASE("PAM modules: what was last is said by pam_lastlog or by nobody") {
    Stacked world{unix_auth + unix_account + unix_rest + "session optional pam_lastlog.so\n"};
    for (const bool is_second : {false, true}) {
        CAPTURE(is_second);
        pty::Line line;
        auto login = start_getty(line);
        type_name_and_password(line);
        const std::string shown = line.expect(pty::shell_prompt);
        const auto first = shown.find("Last login");
        CHECK((first != std::string::npos) == is_second);
        CHECK(shown.find("Last login", first + 1) == std::string::npos);
        line.send("exit\r");
        login.wait_exit();
    }
}

TEST_CASE("PAM modules: pam_deny refuses the right password, pam_permit any") {
    {
        Stacked world{"auth required pam_deny.so\n"};
        pty::Line line;
        const auto login = start_getty(line);
        line.expect("login: ");
        line.send("ann\r");
        line.expect("Login incorrect");
    }
    Stacked world{
        "auth required pam_permit.so\naccount required pam_permit.so\n"
        "session required pam_permit.so\n"};
    pty::Line line;
    const auto login = start_getty(line);
    line.expect("login: ");
    line.send("ann\r");
    line.expect(pty::shell_prompt);
}

TEST_CASE("PAM modules: what pam_nologin says stays to be read, and root passes") {
    Stacked world{"auth requisite pam_nologin.so\n" + unix_auth +
                  "account required pam_nologin.so\n" + unix_account + unix_rest};
    world.append_file("/etc/ttygate/login.conf", "FAIL_DELAY 5\n");
    world.write_file("/etc/nologin", "Closed until noon.\n");
    world.set_password("root", "toor");
    {
        pty::Line line;
        auto login = start_getty(line);
        line.expect("login: ");
        line.send("ann\r");
        line.expect("Closed until noon.");
        // A wrong answer or a refusal: either way the words are there for a while. What
        // ends their line may come after them.
        pty::let_pass(1000ms);
        CHECK(line.unmatched().find_first_not_of("\r\n") == std::string_view::npos);
        CHECK(login.is_running());
    }
    pty::Line line;
    const auto login = start_getty(line);
    line.expect("login: ");
    line.send("root\r");
    line.expect("Password: ");
    line.send("toor\r");
    line.expect("# ");
}

TEST_CASE("PAM modules: pam_faillock locks after two, says so, and the words stay") {
    // Without the delay of its own, which is not what is looked at here.
    const std::string dir = " dir=/run/faillock deny=2 unlock_time=600 nodelay\n";
    Stacked world{"auth required pam_faillock.so preauth" + dir +
                  "auth [success=1 default=bad] pam_unix.so nodelay\n"
                  "auth [default=die] pam_faillock.so authfail" +
                  dir + "auth required pam_faillock.so authsucc" + dir +
                  "account required pam_faillock.so\n" + unix_account + unix_rest};
    pty::Line line;
    const auto login = start_getty(line);
    for (int attempt = 0; attempt < 2; ++attempt) {
        type_name_and_password(line, "wrong");
        line.expect("Login incorrect");
    }
    line.expect("login: ");
    line.send("ann\r");
    line.expect("locked");
    // Also the right one is refused now, and nothing clears the screen.
    const auto says = [&line](std::string_view text) {
        return line.unmatched().find(text) != std::string_view::npos;
    };
    CHECK(pty::wait_until([&] { return says("Password: ") || says("Login incorrect"); }));
    if (!says("Login incorrect")) {
        line.send("secret\r");
    }
    line.expect("Login incorrect");
    CHECK(line.transcript().find(pty::shell_prompt) == std::string::npos);
    CHECK(line.transcript().find('\x1b') == std::string::npos);
}

TEST_CASE("PAM modules: the delay that pam_faildelay asks for is kept (T-23)") {
    // libpam varies it by half.
    Stacked world{"auth optional pam_faildelay.so delay=2000000\n" + unix_auth + unix_account +
                  unix_rest};
    pty::Line line;
    const auto login = start_getty(line);
    const auto begun = pty::Clock::now();
    type_name_and_password(line, "wrong");
    line.expect("Login incorrect");
    CHECK(pty::Clock::now() - begun >= 1s);
}

TEST_CASE("PAM modules: pam_env, pam_limits, pam_umask and pam_loginuid reach the shell") {
    Stacked world{unix_auth + unix_account + unix_rest +
                  "session required pam_env.so\nsession required pam_limits.so\n"
                  "session optional pam_umask.so umask=027\nsession optional pam_loginuid.so\n"};
    world.write_file("/etc/security/pam_env.conf", "FROM_PAM DEFAULT=@{HOME}/x\n");
    world.write_file("/etc/security/limits.conf", "ann soft nofile 55\n");
    pty::Line line;
    const auto login = start_getty(line);
    log_in(line, "ann", "secret");
    CHECK(ask_shell(line, "echo $FROM_PAM") == "/home/ann/x\r\n");
    CHECK(ask_shell(line, "ulimit -n; umask") == "55\r\n0027\r\n");
    if (is_there("/proc/self/loginuid")) {
        CHECK(ask_shell(line, "cat /proc/self/loginuid; echo") == "1001\r\n");
    }
}

TEST_CASE("PAM modules: nullok of pam_unix is heeded where a setting leaves it to PAM (T-18)") {
    for (const bool is_left_to_pam : {false, true}) {
        CAPTURE(is_left_to_pam);
        Stacked world{"auth required pam_unix.so nodelay nullok\n" + unix_account + unix_rest};
        if (is_left_to_pam) {
            world.append_file("/etc/ttygate/login.conf", "PREVENT_NO_AUTH no\n");
        }
        world.add_user({.name = "eve", .user = 1002});
        pty::Line line;
        const auto login = start_getty(line);
        line.expect("login: ");
        line.send("eve\r");
        if (is_left_to_pam) {
            line.expect("$ ");
        } else {
            line.expect("Password: ");
            line.send("\r");
            line.expect("Login incorrect");
        }
    }
}

TEST_CASE(
    "PAM modules: the size that pam_limits allows a person's files is not the records' (T-38)") {
    Stacked world{unix_auth + unix_account + unix_rest + "session required pam_limits.so\n"};
    world.write_file("/etc/security/limits.conf", "ann soft fsize 1\n");
    pty::Line line;
    auto login = start_getty(line);
    log_in(line, "ann", "secret");
    CHECK(ask_shell(line, "ulimit -f") == "2\r\n");
    CHECK(world.last_login(1001).has_value());
    line.send("exit\r");
    CHECK(login.wait_exit() == pty::Exit{.status = 0});
    // Of four records the third ends beyond 1 KiB.
    for (int again = 0; again < 2; ++again) {
        auto next = start_getty(line);
        log_in(line, "ann", "secret");
        // The record was written without it; after that it is what the module has set.
        CHECK(largest_file_of(next.id()) == 1024);
        line.send("exit\r");
        CHECK(next.wait_exit() == pty::Exit{.status = 0});
    }
    CHECK(count_in_wtmp(world, line, USER_PROCESS) == 3);
    CHECK(count_in_wtmp(world, line, DEAD_PROCESS) == 3);
    CHECK(world.count_log("File too large") == 0);
}

TEST_CASE("PAM modules: a mount namespace of the session's own is put up with (T-48)") {
    Stacked world{unix_auth + unix_account + unix_rest + "session required pam_namespace.so\n"};
    world.write_file("/etc/security/namespace.conf", "/tmp /tmp/instances/ user root\n");
    world.write_file("/etc/security/namespace.init", "#!/bin/sh\nexit 0\n", 0755);
    REQUIRE(::mkdir("/tmp/instances", 0) == 0);
    REQUIRE(::chmod("/tmp/instances", 0) == 0);
    world.write_file("/tmp/outside", "");
    pty::Line line;
    auto login = start_getty(line);
    log_in(line, "ann", "secret");
    CHECK(ask_shell(line, "ls /tmp; echo >/tmp/inside; tty") == line.path() + "\r\n");
    CHECK_FALSE(is_there("/tmp/inside"));
    CHECK(record_of(world, line).user == "ann");
    line.send("exit\r");
    CHECK(login.wait_exit() == pty::Exit{.status = 0});
    CHECK(record_of(world, line).type == DEAD_PROCESS);
    CHECK(line.owner() == pty::nobodys_line);
}

// With logind it is tried by inits/systemd_test.cpp.
TEST_CASE("PAM modules: pam_systemd is no obstacle where there is no logind") {
    // Debian has it below a folder of the architecture.
    bool is_installed = is_there("/usr/lib/security/pam_systemd.so");
    for (const auto& folder : std::filesystem::directory_iterator{"/usr/lib"}) {
        is_installed =
            is_installed || is_there((folder.path() / "security/pam_systemd.so").c_str());
    }
    if (!is_installed) {
        tests::skip("needs pam_systemd");
    }
    Stacked world{unix_auth + unix_account + unix_rest + "session required pam_systemd.so\n"};
    pty::Line line;
    const auto login = start_getty(line);
    log_in(line, "ann", "secret");
    CHECK(ask_shell(line, "echo ${XDG_SESSION_ID:-none}") == "none\r\n");
}

TEST_CASE("samples for PAM: each family's are understood by libpam, and let in who may") {
    for (const auto& [name_of_family, files] : families) {
        const std::string& family = name_of_family;  // clang 14 captures no binding
        CAPTURE(family);
        const std::map<std::string, std::string> services{{"login", sample(family, "login")},
                                                          {"remote", sample(family, "remote")}};
        pty::TestWorld world;
        choose_gate(world, pty::Gate::pam);
        add_person(world, ann);
        world.set_password("root", "toor");
        world.write_file("/etc/default/locale", "");
        world.write_file("/etc/security/namespace.conf", "");
        for (const auto& [name, text] : files) {
            world.write_file("/etc/pam.d/" + name, text);
        }
        for (const auto& [service, text] : services) {
            world.write_file("/etc/pam.d/" + service, text);
        }
        // At a terminal, a wrong password first.
        {
            pty::Line line;
            auto login = start_getty(line);
            type_name_and_password(line, "wrong");
            line.expect("Login incorrect");
            log_in(line, "ann", "secret");
            line.send("exit\r");
            CHECK(login.wait_exit() == pty::Exit{.status = 0});
        }
        // From another host, but not root.
        {
            pty::Line line;
            auto login =
                line.start_on({.arguments = {pty::World::login(), "-h", "192.0.2.7", "ann"},
                               .session = pty::Session::leader_with_terminal});
            line.expect("Password: ");
            line.send("secret\r");
            line.expect(pty::shell_prompt);
            line.send("exit\r");
            CHECK(login.wait_exit() == pty::Exit{.status = 0});
        }
        {
            pty::Line line;
            const auto login =
                line.start_on({.arguments = {pty::World::login(), "-h", "192.0.2.7", "root"},
                               .session = pty::Session::leader_with_terminal});
            const auto says = [&line](std::string_view text) {
                return line.unmatched().find(text) != std::string_view::npos;
            };
            CHECK(pty::wait_until([&] { return says("Password: ") || says("Login incorrect"); }));
            if (says("Password: ")) {
                line.send("toor\r");
            }
            line.expect("Login incorrect");
        }
        // What libpam says of rules and modules that it cannot use.
        for (const char* complaint :
             {"unable to dlopen", "faulty", "illegal", "bad jump", "unknown"}) {
            CAPTURE(std::string{complaint});
            CHECK(world.count_log(complaint) == 0);
        }
    }
}
