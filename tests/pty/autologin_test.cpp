#include "common/syscall.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/test_world.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

using Words = std::vector<std::string>;

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};
const pty::Account bob{.name = "bob", .user = 1002, .password = "bobs own"};

const std::string credentials = "/run/credentials/getty.service";

/// getty with our login and with what systemd hands over in a directory.
pty::Process start_with_credentials(const pty::Line& line,
                                    const std::string& directory,
                                    const Words& options = {}) {
    pty::Command command{.arguments = pty::getty_command(options)};
    command.environment = {"CREDENTIALS_DIRECTORY=" + directory};
    return line.start_for(command);
}

/// getty with a program in login's place that only says how it was started.
pty::Process start_reporting(const pty::World& world,
                             const pty::Line& line,
                             const Words& options,
                             const std::string& root = {}) {
    world.write_file(root + "/run/report",
                     "#!/bin/sh\n"
                     "echo \"args $* in $(pwd) nice $(nice) root $(cat /run/root)\"\n"
                     "read -r word\n",
                     0755);
    world.write_file(root + "/run/root", root.empty() ? "real" : "jail");
    Words words{pty::World::getty(), "-l", "/run/report"};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"{line}", "dumb"});
    return line.start_for({.arguments = words});
}

/// Waits until getty has the line: what is sent from now on it sees.
void wait_for_claim(const pty::Line& line, const pty::Process& getty) {
    REQUIRE(pty::wait_until([&] { return line.session() == getty.id(); }));
    pty::let_pass(50ms);
}

}  // namespace

// --- "Autologin policies" ---

TEST_CASE("autologin policies: --autologin logs in without a question") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        choose_gate(world, gate);
        add_person(world, ann);
        pty::Line line;
        auto getty = start_getty(line, {"--autologin", "ann"});
        line.expect("login: ann (automatic login)\r\r\n");
        line.expect(pty::shell_prompt);
        CHECK(ask_shell(line, "id -un") == "ann\r\n");
        CHECK(line.transcript().find("Password") == std::string::npos);
        CHECK(record_of(world, line).user == "ann");
    }
}

TEST_CASE("autologin policies: --autologin-once is once on a line until the machine starts again") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    pty::Line other;
    const auto logged_in = [](pty::Line& on) {
        auto getty = start_getty(on, {"--autologin", "ann", "--autologin-once"});
        const auto is_decided = [&on] {
            return on.unmatched().find(pty::shell_prompt) != std::string_view::npos ||
                   on.unmatched().ends_with("box login: ");
        };
        CHECK(pty::wait_until(is_decided));
        // The rest of "login: ann (automatic login)" may come in another piece.
        pty::let_pass(50ms);
        CHECK(pty::wait_until(is_decided));
        const bool by_itself = on.unmatched().find(pty::shell_prompt) != std::string_view::npos;
        if (by_itself) {
            on.expect(pty::shell_prompt);
            on.send("exit\r");
            getty.wait_exit();
        }
        static_cast<void>(on.take_received());
        return by_itself;
    };
    CHECK(logged_in(line));
    CHECK_FALSE(logged_in(line));
    CHECK_FALSE(logged_in(line));
    CHECK(logged_in(other));
    // /run is empty when the machine starts.
    world.remove_file("/run/ttygate");
    CHECK(logged_in(line));
    CHECK_FALSE(logged_in(line));
}

TEST_CASE("autologin policies: --autologin-once fails closed where others may write") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    std::filesystem::create_directory("/run/elsewhere");
    std::filesystem::create_symlink("/run/elsewhere", "/run/ttygate");
    pty::Line line;
    const auto getty = start_getty(line, {"--autologin", "ann", "--autologin-once"});
    line.expect("login: ");
    line.expect_nothing(500ms);
}

TEST_CASE("autologin policies: a key in the grace time gives a prompt, no key logs in") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    add_person(world, bob);
    SUBCASE("a key") {
        pty::Line line;
        const auto getty = start_getty(line, {"--autologin", "ann", "--autologin-grace", "30"});
        line.expect("Logging in as ann in 30 seconds; a key stops that.");
        line.send(" ");
        line.expect("login: ");
        // The key is no part of a name.
        line.send("bob\r");
        line.expect("Password: ");
        line.send("bobs own\r");
        line.expect(pty::shell_prompt);
        CHECK(ask_shell(line, "id -un") == "bob\r\n");
    }
    SUBCASE("no key") {
        pty::Line line;
        const auto start = pty::Clock::now();
        const auto getty = start_getty(line, {"--autologin", "ann", "--autologin-grace", "1"});
        line.expect("a key stops that.");
        line.expect(pty::shell_prompt);
        CHECK(pty::Clock::now() - start >= 1s);
        CHECK(ask_shell(line, "id -un") == "ann\r\n");
    }
}

TEST_CASE(
    "autologin policies: a locked or expired account is refused with a reason, then a "
    "prompt") {
    struct Case {
        std::string what;
        pty::Account account;
        std::string reason;
    };
    auto locked = ann;
    locked.password_field = "!$y$j9T$x$y";
    auto locked_without_password = ann;
    locked_without_password.password_field = "!";
    auto expired = ann;
    expired.expiry = 10'000;
    for (const Case& refused : {Case{"locked", locked, "the account is locked"},
                                Case{"locked, no password", locked_without_password, "locked"},
                                Case{"expired", expired, "the account has expired"}}) {
        CAPTURE(refused.what);
        pty::TestWorld world;
        choose_gate(world, pty::Gate::shadow);
        add_person(world, refused.account);
        add_person(world, bob);
        pty::Line line;
        const auto getty = start_getty(line, {"--autologin", "ann"});
        line.expect("No automatic login: ");
        line.expect(refused.reason);
        CHECK(world.wait_for_log("no automatic login").find(refused.reason) != std::string::npos);
        log_in(line, "bob", "bobs own");
        CHECK(ask_shell(line, "id -un") == "bob\r\n");
    }
}

TEST_CASE("autologin policies: a shell that ends at once is no respawn storm of getty's") {
    // One login for one getty: pauses between them are init's, or @console's.
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    auto getty = start_getty(line, {"--autologin", "ann"});
    line.expect(pty::shell_prompt);
    line.send("exit\r");
    CHECK(getty.wait_exit() == pty::Exit{.status = 0});
}

// --- systemd's credentials ---

TEST_CASE("credentials are heeded, and the command line wins over them") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    add_person(world, bob);
    SUBCASE("nohostname, noissue") {
        world.write_file(credentials + "/agetty.nohostname", "");
        world.write_file(credentials + "/agetty.noissue", "yes\n");
        pty::Line line;
        const auto getty = start_with_credentials(line, credentials);
        line.expect("login: ");
        CHECK(line.transcript() == "\r\r\nlogin: ");
    }
    SUBCASE("a switch that says no") {
        world.write_file(credentials + "/agetty.nohostname", "no\n");
        world.write_file(credentials + "/agetty.noissue", "false");
        pty::Line line;
        const auto getty = start_with_credentials(line, credentials);
        line.expect("Test box");
        line.expect("box login: ");
    }
    SUBCASE("autologin") {
        world.write_file(credentials + "/agetty.autologin", "ann\n");
        pty::Line line;
        const auto getty = start_with_credentials(line, credentials);
        line.expect(pty::shell_prompt);
        CHECK(ask_shell(line, "id -un") == "ann\r\n");
    }
    SUBCASE("the command line's autologin") {
        world.write_file(credentials + "/agetty.autologin", "ann\n");
        pty::Line line;
        const auto getty = start_with_credentials(line, credentials, {"-a", "bob"});
        line.expect(pty::shell_prompt);
        CHECK(ask_shell(line, "id -un") == "bob\r\n");
    }
    SUBCASE("delay") {
        world.write_file(credentials + "/agetty.delay", "1\n");
        pty::Line line;
        const auto start = pty::Clock::now();
        const auto getty = start_with_credentials(line, credentials);
        line.expect("login: ");
        CHECK(pty::Clock::now() - start >= 1s);
    }
    SUBCASE("nice") {
        world.write_file(credentials + "/agetty.nice", "7\n");
        pty::Line line;
        const auto getty = start_with_credentials(line, credentials);
        line.expect("login: ");
        line.send("ann\r");
        line.expect("Password: ");
        CHECK(::getpriority(PRIO_PROCESS, static_cast<id_t>(getty.id())) == 7);
    }
    SUBCASE("a value that is none") {
        world.write_file(credentials + "/agetty.delay", "soon\n");
        world.write_file(credentials + "/agetty.nice", "very\n");
        world.write_file(credentials + "/agetty.autologin", "\n");
        world.write_file(credentials + "/agetty.nohostname", "perhaps\n");
        pty::Line line;
        const auto getty = start_with_credentials(line, credentials);
        // Said, and the prompt comes all the same.
        line.expect("box login: ");
        for (const char* name : {"agetty.delay", "agetty.nice", "agetty.autologin"}) {
            CHECK(world.count_log(name) == 1);
        }
    }
}

TEST_CASE("credentials are not heeded from a directory that anybody could have made") {
    struct Case {
        std::string what;
        std::string directory;
        uid_t owner = 0;
        mode_t mode = 0755;
    };
    for (const Case& wrong : {Case{"elsewhere", "/run/mine"},
                              Case{"above", "/run/credentials/../mine"},
                              Case{"not root's", "/run/credentials/x", 1001},
                              Case{"for others to write", "/run/credentials/x", 0, 0777},
                              Case{"for a group to write", "/run/credentials/x", 0, 0775},
                              Case{"relative", "run/credentials/x"},
                              Case{"a look-alike", "/run/credentialsx/y"}}) {
        CAPTURE(wrong.what);
        pty::TestWorld world;
        choose_gate(world, pty::Gate::shadow);
        add_person(world, ann);
        std::filesystem::create_directories("/run/credentials");
        std::filesystem::create_directories("/run/mine");
        const std::string absolute =
            wrong.directory.starts_with('/') ? wrong.directory : "/" + wrong.directory;
        world.write_file(absolute + "/agetty.autologin", "ann\n");
        common::check(::chown(absolute.c_str(), wrong.owner, 0), "chown");
        common::check(::chmod(absolute.c_str(), wrong.mode), "chmod");
        pty::Line line;
        const auto getty = start_with_credentials(line, wrong.directory);
        line.expect("box login: ");
        line.expect_nothing(200ms);
        CHECK(world.count_log("CREDENTIALS_DIRECTORY") == 1);
    }
}

// --- the way to login ---

TEST_CASE("--chroot, --chdir and --nice are for the program that follows") {
    const pty::TestWorld world;
    std::filesystem::create_directories("/run/jail");
    common::check(::mount("/", "/run/jail", nullptr, MS_BIND, nullptr), "mount");
    common::check(::mount("tmpfs", "/run/jail/run", "tmpfs", MS_NOSUID, "mode=755"), "mount");
    const auto report = [&world](const Words& options, const std::string& root = {}) {
        pty::Line line;
        const auto getty = start_reporting(world, line, options, root);
        line.expect("login: ");
        line.send("ann\r");
        line.expect("args ");
        return line.expect("\r\n");
    };
    CHECK(report({}) == "-- ann in / nice 0 root real");
    CHECK(report({"--chdir", "/etc"}) == "-- ann in /etc nice 0 root real");
    CHECK(report({"--nice", "5"}) == "-- ann in / nice 5 root real");
    CHECK(report({"--nice=-3"}) == "-- ann in / nice -3 root real");
    CHECK(report({"--chroot", "/run/jail"}, "/run/jail") == "-- ann in / nice 0 root jail");
    CHECK(report({"--chroot", "/run/jail", "--chdir", "/usr", "--nice", "2"}, "/run/jail") ==
          "-- ann in /usr nice 2 root jail");
}

TEST_CASE("--chroot and --chdir that cannot be are refused with a reason, and nobody is let in") {
    pty::TestWorld world;
    struct Case {
        Words options;
        std::string reason;
        std::string root{};
    };
    // There is no log below the last one's root.
    for (const Case& wrong :
         {Case{{"--chroot", "/run/nothing"}, "/run/nothing"},
          Case{{"--chdir", "/nowhere"}, "/nowhere"},
          Case{{"--chroot", "/run/cell", "--chdir", "/no-place"}, "/no-place", "/run/cell"}}) {
        CAPTURE(wrong.reason);
        pty::Line line;
        const auto getty = start_reporting(world, line, wrong.options, wrong.root);
        line.expect("login: ");
        line.send("ann\r");
        line.expect(wrong.reason);
        CHECK(world.count_log(wrong.reason) == 1);
        CHECK(line.transcript().find("args") == std::string::npos);
    }
}

TEST_CASE("--delay waits before the line is opened") {
    const pty::TestWorld world;
    pty::Line line;
    const auto start = pty::Clock::now();
    const auto getty = start_getty(line, {"--delay", "1"});
    pty::let_pass(500ms);
    const bool is_taken = line.session() != 0;
    // Unless a busy machine has been away for the rest of it.
    if (pty::Clock::now() - start < 1s) {
        CHECK_FALSE(is_taken);
    }
    line.expect("login: ");
    CHECK(pty::Clock::now() - start >= 1s);
}

TEST_CASE("--timeout leaves with a clean status and a word on the line") {
    const pty::TestWorld world;
    for (const Words& options : {Words{}, Words{"--wait-cr"}, Words{"--login-pause"}}) {
        pty::Line line;
        const auto start = pty::Clock::now();
        Words all{"--timeout", "1"};
        all.insert(all.end(), options.begin(), options.end());
        auto getty = start_getty(line, all);
        line.expect("Nobody logged in within 1 second");
        CHECK(getty.wait_exit() == pty::Exit{.status = 0});
        CHECK(pty::Clock::now() - start >= 1s);
    }
}

TEST_CASE("--timeout is over when there is a name") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    auto getty = start_getty(line, {"--timeout", "4"});
    line.expect("login: ");
    line.send("ann\r");
    line.expect("Password: ");
    line.expect_nothing(4500ms);
    line.send("secret\r");
    line.expect(pty::shell_prompt);
}

TEST_CASE("--extract-baud takes the speed from the modem's CONNECT text") {
    const pty::TestWorld world;
    struct Case {
        std::string said;
        speed_t speed;
    };
    for (const Case& modem : {Case{"\r\nCONNECT 57600\r\n", B57600},
                              Case{"RING\r\nCONNECT 19200/ARQ/V34\r\n", B19200},
                              Case{"ATS0=1\r\r\nOK\r\nCONNECT 4800\r\n", B4800},
                              Case{"CONNECT 2400", B2400},
                              Case{"CONNECT\r\n", B9600},
                              Case{"", B9600}}) {
        CAPTURE(modem.said);
        pty::Line line;
        const auto getty = start_getty(line, {"--extract-baud", "9600"});
        wait_for_claim(line, getty);
        line.send(modem.said);
        line.expect("login: ");
        const termios modes = line.modes();
        CHECK(::cfgetospeed(&modes) == modem.speed);
    }
}

TEST_CASE("--detect-case: a name in capitals only, and the terminal too") {
    const pty::TestWorld world;
    for (const bool asked : {true, false}) {
        CAPTURE(asked);
        pty::Line line;
        const auto getty = start_reporting(world, line, asked ? Words{"--detect-case"} : Words{});
        line.expect("login: ");
        line.send("ANN\r");
        if (asked) {
            line.expect("ARGS -- ANN");
            const termios modes = line.modes();
            CHECK((modes.c_iflag & IUCLC) != 0);
            CHECK((modes.c_oflag & OLCUC) != 0);
        } else {
            line.expect("args -- ANN");
        }
    }
}

TEST_CASE("--init-string is the first that is sent") {
    const pty::TestWorld world;
    pty::Line line;
    const auto getty = start_getty(line, {"--init-string", R"(AT\\&F\0611\015)"});
    line.expect("login: ");
    CHECK(line.transcript().starts_with("AT\\&F11\r\r\r\nTest box"));
}

TEST_CASE("--wait-cr waits for Return before the issue") {
    const pty::TestWorld world;
    // The last one with even parity, as far as anybody knows by then.
    for (const std::string& key : Words{"\r", "\n", "x\r", "\r\n", "\x8d"}) {
        CAPTURE(key);
        pty::Line line;
        const auto getty = start_getty(line, {"--wait-cr"});
        wait_for_claim(line, getty);
        line.expect_nothing(200ms);
        line.send(key);
        line.expect("Test box");
        line.expect("login: ");
        // Nor is the second half of the line's end an empty name.
        line.expect_nothing(200ms);
    }
}

TEST_CASE("--login-pause waits for any key after the issue") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    const auto getty = start_getty(line, {"--login-pause", "--autologin", "ann"});
    line.expect("Test box");
    line.expect("[press ENTER to login]");
    line.expect_nothing(300ms);
    line.send(" ");
    line.expect(pty::shell_prompt);
    CHECK(ask_shell(line, "id -un") == "ann\r\n");
}
