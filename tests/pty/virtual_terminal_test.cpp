#include "tests/pty/virtual_terminal.hpp"

#include "common/syscall.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/process_table.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <string>

#include <fcntl.h>
#include <linux/kd.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};

constexpr unsigned plain = 0x07;  ///< grey on black
constexpr unsigned long no_lock = 0;

std::vector<std::string> getty_words(const std::vector<std::string>& options) {
    std::vector<std::string> words{pty::World::getty(), "-l", pty::World::login()};
    words.insert(words.end(), options.begin(), options.end());
    words.emplace_back("{line}");
    return words;
}

/// As an init starts it; TERM is getty's to find out.
pty::Process start_getty(const pty::VirtualTerminal& terminal,
                         const std::vector<std::string>& options = {}) {
    return terminal.start_for({.arguments = getty_words(options)});
}

void log_in(const pty::VirtualTerminal& terminal) {
    terminal.expect_at_cursor("box login: ");
    terminal.send("ann\r");
    terminal.expect_at_cursor("Password: ");
    terminal.send("secret\r");
    terminal.expect_at_cursor(pty::shell_prompt);
}

/// What a command of the shell's shows, one row of it.
std::string ask_shell(const pty::VirtualTerminal& terminal, const std::string& command) {
    // What is typed has no END in it.
    terminal.send("clear; " + command + "; echo E''ND\r");
    terminal.expect("END");
    terminal.expect_at_cursor(pty::shell_prompt);
    return terminal.screen().at(0);
}

pty::Record record_of(const pty::World& world, const pty::VirtualTerminal& terminal) {
    return pty::last_for_line(world.utmp(), terminal.name()).value_or(pty::Record{});
}

const pty::Line::Owner udevs_screen{.user = 0, .group = 5, .mode = 0660};

std::vector<pty::Line::Owner> screens_of(const pty::VirtualTerminal& terminal) {
    std::vector<pty::Line::Owner> owners;
    for (const char* kind : {"", "u", "a"}) {
        owners.push_back(pty::VirtualTerminal::owner_of("/dev/vcs" + std::string{kind} +
                                                        std::to_string(terminal.number())));
    }
    return owners;
}

}  // namespace

TEST_CASE("virtual terminal: the prompt stands on a cleared screen") {
    const pty::TestWorld world;
    world.write_file("/etc/issue", "Welcome\n");
    const pty::VirtualTerminal terminal;
    terminal.write("what somebody did here\r\n");
    auto getty = start_getty(terminal);
    terminal.expect_at_cursor("box login: ");
    CHECK(terminal.screen().at(0).empty());
    CHECK(terminal.screen().at(1) == "Welcome");
    CHECK(terminal.screen().at(2) == "box login:");
    CHECK(terminal.owner() == pty::nobodys_line);
}

TEST_CASE("virtual terminal: --noclear leaves what is on the screen, and where it ended") {
    const pty::TestWorld world;
    world.write_file("/etc/issue", "Welcome\n");
    const pty::VirtualTerminal terminal;
    terminal.write("a message\r\nof the kernel\r\n");
    auto getty = start_getty(terminal, {"--noclear"});
    terminal.expect_at_cursor("box login: ");
    CHECK(terminal.screen().at(0) == "a message");
    CHECK(terminal.screen().at(1) == "of the kernel");
    CHECK(terminal.screen().at(2).empty());
    CHECK(terminal.screen().at(3) == "Welcome");
    CHECK(terminal.screen().at(4) == "box login:");
}

TEST_CASE("virtual terminal: what a crashed program left does not spoil the prompt") {
    const pty::TestWorld world;
    const pty::VirtualTerminal terminal;
    for (const std::vector<std::string>& options :
         {std::vector<std::string>{}, {"--noclear"}, {"--noclear", "--noreset"}}) {
        // Red, reversed, drawing lines, in two rows, wide lines cut, nothing
        // scrolls, the screen inverted.
        terminal.write(
            "\033[H\033[J\033[31;7m\033(0\033[5;6r\033[6;1H\033[?7l\033[4h\033[?6h\033%@\033)"
            "0\016");
        auto getty = start_getty(terminal, options);
        terminal.expect_at_cursor("box login: ");
        const auto row = terminal.row_of("box login:");
        CHECK(terminal.attribute(row, 0) == plain);
        CHECK(terminal.attribute(row, 12) == plain);
        terminal.send("\303\244nne");
        terminal.expect_at_cursor("box login: \303\244nne");
        // The whole screen scrolls again.
        terminal.send("\025\r\r\r\r\r\r\r\r");
        terminal.expect_at_cursor("box login: ");
        CHECK(pty::wait_until([&] { return terminal.screen().at(12) == "box login:"; },
                              options.empty() ? 1000ms : pty::default_deadline) ==
              !options.empty());
    }
}

TEST_CASE(
    "virtual terminal: what somebody has made its usual colours is not the next one's (T-10)") {
    const pty::TestWorld world;
    const pty::VirtualTerminal terminal;
    for (const std::vector<std::string>& options : {std::vector<std::string>{}, {"--noclear"}}) {
        // Black on black: nobody would see the question, nor anything after it.
        terminal.write("\033[H\033[J\033[30;40m\033[8]\033[?5h");
        auto getty = start_getty(terminal, options);
        terminal.expect_at_cursor("box login: ");
        const auto row = terminal.row_of("box login:");
        CHECK(terminal.attribute(row, 0) == plain);
        CHECK(terminal.attribute(row, 12) == plain);
    }
}

TEST_CASE("V13 virtual terminal: a graphical session's keyboard and screen are left alone") {
    pty::TestWorld world;
    const pty::VirtualTerminal terminal;
    for (const int mode : {K_MEDIUMRAW, K_RAW, K_OFF}) {
        terminal.set(KDSKBMODE, static_cast<unsigned long>(mode));
        terminal.set(KDSETMODE, KD_GRAPHICS);
        terminal.write("\033[H\033[J");
        const auto said = world.count_log("something graphical");
        auto getty = start_getty(terminal);
        terminal.expect_at_cursor("box login: ");
        CHECK(terminal.get(KDGKBMODE) == mode);
        CHECK(terminal.get(KDGETMODE) == KD_GRAPHICS);
        CHECK(pty::wait_until([&] { return world.count_log("something graphical") == said + 1; }));
    }
}

TEST_CASE("virtual terminal: the line edits UTF-8 whatever it was told before") {
    pty::TestWorld world;
    const pty::VirtualTerminal terminal;
    // Else the last close puts the modes back.
    const common::UniqueFd held{::open(terminal.path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
    termios modes = terminal.modes();
    modes.c_iflag &= ~static_cast<tcflag_t>(IUTF8);
    terminal.set_modes(modes);
    auto getty = start_getty(terminal);
    terminal.expect_at_cursor("box login: ");
    CHECK(terminal.get(KDGKBMODE) == K_UNICODE);
    CHECK((terminal.modes().c_iflag & IUTF8) != 0);
    CHECK(world.count_log("something graphical") == 0);
}

TEST_CASE("virtual terminal: a keyboard of single bytes stays one") {
    const pty::TestWorld world;
    const pty::VirtualTerminal terminal;
    terminal.set(KDSKBMODE, K_XLATE);
    auto getty = start_getty(terminal);
    terminal.expect_at_cursor("box login: ");
    CHECK(terminal.get(KDGKBMODE) == K_XLATE);
    CHECK((terminal.modes().c_iflag & IUTF8) == 0);
}

TEST_CASE("virtual terminal: modes that a splash has locked are unlocked") {
    const pty::TestWorld world;
    const pty::VirtualTerminal terminal;
    std::array<termios, 1> locked{};
    locked.at(0).c_lflag = ECHO | ICANON;
    // Else the lock goes with the last close.
    const common::UniqueFd held{::open(terminal.path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
    terminal.control(TIOCSLCKTRMIOS, locked.data());
    auto getty = start_getty(terminal);
    terminal.expect_at_cursor("box login: ");
    CHECK((terminal.modes().c_lflag & (ECHO | ICANON)) == 0);
}

TEST_CASE("virtual terminal: a name in UTF-8 is erased by characters") {
    const pty::TestWorld world;
    const pty::VirtualTerminal terminal;
    auto getty = start_getty(terminal);
    terminal.expect_at_cursor("box login: ");
    terminal.send("J\303\274");
    terminal.expect_at_cursor("box login: J\303\274");
    terminal.send("\b");
    terminal.expect_at_cursor("box login: J");
    CHECK(terminal.screen().at(terminal.row_of("box login:")) == "box login: J");
    terminal.send("\342\202\254o");
    terminal.expect_at_cursor("box login: J\342\202\254o");
}

TEST_CASE("virtual terminal: hints say which locks are on, as agetty words them") {
    const pty::TestWorld world;
    const pty::VirtualTerminal terminal;
    struct Case {
        unsigned long locks;
        bool num_lock_at_start;
        std::string hint;
    };
    const std::vector<Case> cases{
        {no_lock, false, ""},
        {LED_CAP, false, "Hint: Caps Lock on"},
        {LED_NUM, false, "Hint: Num Lock on"},
        {LED_NUM | LED_CAP | LED_SCR, false, "Hint: Num Lock on, Caps Lock on, Scroll Lock on"},
        {LED_CAP, true, "Hint: Num Lock off, Caps Lock on"},
        {LED_NUM, true, ""},
    };
    for (const auto& [locks, num_lock_at_start, expected] : cases) {
        const std::string& hint = expected;
        CAPTURE(hint);
        if (num_lock_at_start) {
            world.write_file("/run/numlock-on", "");
        }
        // LED_ for lights and K_ for locks are different bits.
        const unsigned long flags = ((locks & LED_SCR) != 0 ? K_SCROLLLOCK : 0UL) |
                                    ((locks & LED_NUM) != 0 ? K_NUMLOCK : 0UL) |
                                    ((locks & LED_CAP) != 0 ? K_CAPSLOCK : 0UL);
        terminal.set(KDSKBLED, flags);
        terminal.write("\033[H\033[J");
        auto getty = start_getty(terminal, {"--noissue"});
        terminal.expect_at_cursor("box login: ");
        const auto screen = terminal.screen();
        if (hint.empty()) {
            CHECK(screen.at(1) == "box login:");
        } else {
            CHECK(screen.at(1) == hint);
            CHECK(screen.at(2).empty());
            CHECK(screen.at(3) == "box login:");
        }
    }
}

TEST_CASE("virtual terminal: --nohints, and the credential of that name, say nothing of locks") {
    const pty::TestWorld world;
    const pty::VirtualTerminal terminal;
    terminal.set(KDSKBLED, K_CAPSLOCK);
    const auto has_no_hint = [&] {
        terminal.expect_at_cursor("box login: ");
        terminal.set(KDSKBLED, K_CAPSLOCK | K_NUMLOCK);
        terminal.send("a");
        terminal.expect_at_cursor("box login: a");
        CHECK(terminal.screen().at(1) == "box login: a");
    };
    SUBCASE("option") {
        auto getty = start_getty(terminal, {"--noissue", "--nohints"});
        has_no_hint();
    }
    SUBCASE("credential") {
        world.write_file("/run/credentials/getty/agetty.nohints", "", 0400);
        auto getty =
            terminal.start_for({.arguments = getty_words({"--noissue"}),
                                .environment = {"CREDENTIALS_DIRECTORY=/run/credentials/getty"}});
        has_no_hint();
    }
}

TEST_CASE("virtual terminal: a hint comes and goes while a name is typed, which stays") {
    const pty::TestWorld world;
    const pty::VirtualTerminal terminal;
    terminal.write("a message of the kernel\r\n");
    auto getty = start_getty(terminal, {"--noissue", "--noclear"});
    terminal.expect_at_cursor("box login: ");
    terminal.send("a");
    terminal.expect_at_cursor("box login: a");

    terminal.set(KDSKBLED, K_CAPSLOCK);
    terminal.send("N");
    terminal.expect_at_cursor("box login: aN");
    auto screen = terminal.screen();
    CHECK(screen.at(0) == "a message of the kernel");
    CHECK(screen.at(2) == "Hint: Caps Lock on");
    CHECK(screen.at(3).empty());
    CHECK(screen.at(4) == "box login: aN");

    terminal.set(KDSKBLED, no_lock);
    terminal.send("\177n");
    terminal.expect_at_cursor("box login: an");
    screen = terminal.screen();
    CHECK(screen.at(0) == "a message of the kernel");
    CHECK(screen.at(2) == "box login: an");
    CHECK(screen.at(3).empty());
    CHECK(screen.at(4).empty());
}

TEST_CASE("virtual terminal: Caps Lock is said at the password, once, above the question") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        choose_gate(world, gate);
        add_person(world, ann);
        const pty::VirtualTerminal terminal;
        auto getty = start_getty(terminal, {"--noissue"});
        terminal.expect_at_cursor("box login: ");
        terminal.send("ann");
        terminal.expect_at_cursor("box login: ann");
        terminal.set(KDSKBLED, K_CAPSLOCK);
        terminal.write("\033[H\033[J");
        terminal.send("\r");
        terminal.expect_at_cursor("Password: ");
        const std::size_t row = terminal.row_of("Password:");
        CHECK(terminal.screen().at(row - 1) == "Hint: Caps Lock on");
        CHECK(terminal.screen().at(row) == "Password:");
        // Said, and still on.
        terminal.write("\033[H\033[J");
        terminal.send("SECRET\r");
        terminal.expect_at_cursor("box login: ");
        terminal.send("ann\r");
        terminal.expect_at_cursor("Password: ");
        for (const std::string& line : terminal.screen()) {
            CHECK(line.find("Caps Lock") == std::string::npos);
        }
        // Off, and on again.
        terminal.set(KDSKBLED, no_lock);
        terminal.send("Secret\r");
        terminal.expect_at_cursor("box login: ");
        terminal.send("\025");
        log_in(terminal);
    }
}

TEST_CASE("virtual terminal: two failures, and the keyboard's layout is named") {
    for (const auto gate : pty::gates()) {
        for (const std::string layout : {"de-latin1", ""}) {
            CAPTURE(name_of(gate));
            CAPTURE(layout);
            const pty::TestWorld world;
            choose_gate(world, gate);
            if (!layout.empty()) {
                world.write_file("/etc/vconsole.conf", "KEYMAP=" + layout + "\n");
            }
            const pty::VirtualTerminal terminal;
            auto getty = start_getty(terminal);
            for (int failures = 0; failures < 3; ++failures) {
                terminal.expect_at_cursor("box login: ");
                const auto screen = terminal.screen();
                const auto hint = std::find(
                    screen.begin(), screen.end(), "Hint: the keyboard layout is de-latin1");
                CHECK((hint != screen.end()) == (failures == 2 && !layout.empty()));
                terminal.send("nobody\r");
                terminal.expect_at_cursor("Password: ");
                terminal.send("x\r");
            }
        }
    }
}

TEST_CASE("virtual terminal: a hint finds its place above a name of several rows") {
    const pty::TestWorld world;
    const pty::VirtualTerminal terminal;
    auto getty = start_getty(terminal, {"--noissue"});
    terminal.expect_at_cursor("box login: ");
    // Just to the end of the second row.
    const std::string name(149, 'x');
    terminal.send(name);
    terminal.expect(std::string(80, 'x'));
    terminal.set(KDSKBLED, K_CAPSLOCK);
    terminal.send("y");
    terminal.expect_at_cursor("y");
    const auto screen = terminal.screen();
    CHECK(screen.at(0).empty());
    CHECK(screen.at(1) == "Hint: Caps Lock on");
    CHECK(screen.at(2).empty());
    CHECK(screen.at(3) == "box login: " + std::string(69, 'x'));
    CHECK(screen.at(4) == std::string(80, 'x'));
    CHECK(screen.at(5) == "y");
}

TEST_CASE("virtual terminal: a hint at the bottom of the screen has room made for it") {
    const pty::TestWorld world;
    const pty::VirtualTerminal terminal;
    terminal.write(std::string(60, '\n'));
    auto getty = start_getty(terminal, {"--noissue", "--noclear"});
    terminal.expect_at_cursor("box login: ");
    const std::size_t last = terminal.screen().size() - 1;
    REQUIRE(terminal.row_of("box login:") == last);
    terminal.set(KDSKBLED, K_CAPSLOCK);
    terminal.send("a");
    terminal.expect_at_cursor("box login: a");
    CHECK(terminal.row_of("box login: a") == last);
    CHECK(terminal.row_of("Hint: Caps Lock on") == last - 2);
    terminal.set(KDSKBLED, no_lock);
    terminal.send("b");
    terminal.expect_at_cursor("box login: ab");
    CHECK(terminal.row_of("box login: ab") == last - 2);
}

TEST_CASE("virtual terminal: from prompt to shell and back to a prompt") {
    pty::TestWorld world;
    add_person(world, ann);
    for (const pty::Gate gate : pty::gates()) {
        CAPTURE(name_of(gate));
        choose_gate(world, gate);
        const pty::VirtualTerminal terminal;
        {
            auto login = start_getty(terminal);
            log_in(terminal);
            CHECK(ask_shell(terminal, "tty") == terminal.path());
            CHECK(ask_shell(terminal, "echo $TERM $XDG_SEAT $XDG_VTNR") ==
                  "linux seat0 " + std::to_string(terminal.number()));
            CHECK(ask_shell(terminal, "id -u; stat -c %u:%g:%a $(tty) >/dev/null") == "1001");
            CHECK(terminal.owner() == pty::Line::Owner{.user = 1001, .group = 5, .mode = 0620});
            CHECK((terminal.modes().c_iflag & IUTF8) != 0);
            CHECK((terminal.modes().c_lflag & ECHO) != 0);
            // Nobody else's screen, and not even one's own, is the user's to read.
            CHECK(screens_of(terminal) ==
                  std::vector<pty::Line::Owner>{udevs_screen, udevs_screen, udevs_screen});
            CHECK(record_of(world, terminal).user == "ann");
            CHECK(record_of(world, terminal).type == USER_PROCESS);

            // A session leader's end hangs up every opening of the terminal,
            // login's too: its work is done all the same.
            terminal.send("exit\r");
            CHECK(login.wait_exit() == pty::Exit{.status = 0});
        }
        CHECK(record_of(world, terminal).type == DEAD_PROCESS);
        CHECK(terminal.owner() == pty::nobodys_line);
        world.wait_for_log("the shell ended with status 0");
        const auto wtmp = world.wtmp();
        const auto entries = [&](short type) {
            return std::count_if(wtmp.begin(), wtmp.end(), [&](const pty::Record& record) {
                return record.line == terminal.name() && record.type == type;
            });
        };
        CHECK(entries(USER_PROCESS) == entries(DEAD_PROCESS));
        CHECK(entries(USER_PROCESS) > 0);

        auto next = start_getty(terminal);
        terminal.expect_at_cursor("box login: ");
        CHECK(terminal.screen().at(1).find("ready") == std::string::npos);
        CHECK((terminal.modes().c_iflag & IUTF8) != 0);
    }
}

TEST_CASE("virtual terminal: a session that is ended from outside is undone all the same") {
    pty::TestWorld world;
    add_person(world, ann);
    for (const pty::Gate gate : pty::gates()) {
        CAPTURE(name_of(gate));
        choose_gate(world, gate);
        const pty::VirtualTerminal terminal;
        auto login = start_getty(terminal);
        log_in(terminal);
        SUBCASE("login is told to") {
            login.signal(SIGTERM);
        }
        SUBCASE("the shell is killed") {
            // What watched the modules goes a moment after the shell has come.
            std::vector<pid_t> children;
            REQUIRE(pty::wait_until([&] {
                children = pty::descendants_of(login.id());
                return children.size() == 1;
            }));
            ::kill(children.front(), SIGKILL);
        }
        static_cast<void>(login.wait_exit());
        CHECK(record_of(world, terminal).type == DEAD_PROCESS);
        CHECK(terminal.owner() == pty::nobodys_line);
    }
}

TEST_CASE("virtual terminal: no seat but from the terminal itself") {
    const pty::TestWorld world;
    add_person(world, ann);
    for (const pty::Gate gate : pty::gates()) {
        CAPTURE(name_of(gate));
        choose_gate(world, gate);
        const std::vector<std::string> pretended{"XDG_SEAT=seat7", "XDG_VTNR=7"};
        const std::string what = "echo \"<$XDG_SEAT$XDG_VTNR>\"";
        pty::Line line;
        auto login = line.start_for({.arguments = pty::getty_command(), .environment = pretended});
        log_in(line, "ann", "secret");
        CHECK(ask_shell(line, what) == "<>\r\n");

        const pty::VirtualTerminal terminal;
        {
            auto other =
                terminal.start_for({.arguments = getty_words({}), .environment = pretended});
            log_in(terminal);
            CHECK(ask_shell(terminal, what) == "<seat0" + std::to_string(terminal.number()) + ">");
        }
        // Somebody from another host sits at no seat of this one.
        auto remote = start_getty(terminal, {"-E", "-H", "elsewhere"});
        log_in(terminal);
        CHECK(ask_shell(terminal, what) == "<>");
    }
}

TEST_CASE("virtual terminal: PAM's modules know the seat before the session opens") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, ann);
    world.write_file("/run/note",
                     "#!/bin/sh\n"
                     "echo \"$PAM_TYPE $PAM_TTY <$XDG_SEAT$XDG_VTNR>\" >> /run/notes\n",
                     0755);
    world.write_file(
        "/etc/pam.d/login",
        "session required pam_exec.so /run/note\n" + world.read_file("/etc/pam.d/login"));
    const pty::VirtualTerminal terminal;
    const std::string seat = "<seat0" + std::to_string(terminal.number()) + ">\n";
    auto login = start_getty(terminal);
    log_in(terminal);
    CHECK(world.read_file("/run/notes") == "open_session " + terminal.path() + " " + seat);
    terminal.send("exit\r");
    static_cast<void>(login.wait_exit());

    world.remove_file("/run/notes");
    pty::Line line;
    auto other = line.start_for(
        {.arguments = pty::getty_command(), .environment = {"XDG_SEAT=seat0", "XDG_VTNR=1"}});
    log_in(line, "ann", "secret");
    CHECK(world.read_file("/run/notes") == "open_session " + line.path() + " <>\n");
}

TEST_CASE("virtual terminal: three wrong passwords") {
    const pty::TestWorld world;
    add_person(world, ann);
    for (const pty::Gate gate : pty::gates()) {
        CAPTURE(name_of(gate));
        choose_gate(world, gate);
        const pty::VirtualTerminal terminal;
        auto login = start_getty(terminal, {"--noissue"});
        const auto failures = world.btmp().size();
        for (int i = 0; i < 3; ++i) {
            terminal.expect_at_cursor("box login: ");
            terminal.send("ann\r");
            terminal.expect_at_cursor("Password: ");
            terminal.send("wrong\r");
            CHECK(pty::wait_until(
                [&] { return world.btmp().size() == failures + 1 + static_cast<std::size_t>(i); }));
        }
        CHECK(login.wait_exit().status == 1);
        CHECK(terminal.owner() == pty::nobodys_line);
    }
}

TEST_CASE("virtual terminal: `-`, as systemd starts getty") {
    const pty::TestWorld world;
    add_person(world, ann);
    const pty::VirtualTerminal terminal;
    terminal.write("a message\r\n");
    pty::Command command{.arguments = {pty::World::getty(),
                                       "-l",
                                       pty::World::login(),
                                       "-o",
                                       "-p -- \\u",
                                       "--noclear",
                                       "-",
                                       "linux"},
                         .environment = {"TERM=linux"}};
    command.session = pty::Session::leader_with_terminal;
    auto login = terminal.start_on(command);
    terminal.expect("a message");
    log_in(terminal);
    CHECK(ask_shell(terminal, "tty") == terminal.path());
    terminal.send("exit\r");
    CHECK(login.wait_exit() == pty::Exit{.status = 0});
    CHECK(record_of(world, terminal).type == DEAD_PROCESS);
    CHECK(terminal.owner() == pty::nobodys_line);
}

TEST_CASE("virtual terminal: its screen is root's again after a login that gave it away") {
    const pty::TestWorld world;
    add_person(world, ann);
    const pty::VirtualTerminal terminal;
    const std::string number = std::to_string(terminal.number());
    common::check(::chown(("/dev/vcs" + number).c_str(), ann.user, 100), "chown");
    common::check(::chmod(("/dev/vcsa" + number).c_str(), 0666), "chmod");
    auto getty = start_getty(terminal);
    terminal.expect_at_cursor("box login: ");
    CHECK(screens_of(terminal) ==
          std::vector<pty::Line::Owner>{udevs_screen, udevs_screen, udevs_screen});
}

namespace {

/// Stands in for plymouthd(8): its socket, in a network namespace of its own,
/// in which what start() starts is too.
class Splash : private pty::Source {
  public:
    explicit Splash(uid_t owner = 0)
        : outside_(common::check(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "open")) {
        common::check(::unshare(CLONE_NEWNET), "unshare");
        inside_ = common::UniqueFd{::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)};
        listener_ = common::UniqueFd{common::check(
            ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket")};
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string name = "/org/freedesktop/plymouthd";
        name.copy(address.sun_path + 1, name.size());
        const auto length =
            static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
        common::check(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), length),
                      "bind");
        // Whose it is, is noted by listen(2).
        common::check(::seteuid(owner), "seteuid");
        const int listening = ::listen(listener_.get(), 1000);
        common::check(::seteuid(0), "seteuid");
        common::check(listening, "listen");
        common::check(::setns(outside_.get(), CLONE_NEWNET), "setns");
    }

    [[nodiscard]] pty::Process start(const pty::VirtualTerminal& terminal,
                                     const std::vector<std::string>& options = {}) const {
        return terminal.start_for({.arguments = getty_words(options), .before_exec = [this] {
                                       ::setns(inside_.get(), CLONE_NEWNET);
                                   }});
    }
    [[nodiscard]] pty::Process start(const pty::Line& line) const {
        return line.start_for({.arguments = pty::getty_command(),
                               .before_exec = [this] { ::setns(inside_.get(), CLONE_NEWNET); }});
    }

    [[nodiscard]] bool was_asked() const { return connections_ > 0; }
    [[nodiscard]] const std::string& said() const { return said_; }
    void quit() { listener_.reset(); }

  private:
    [[nodiscard]] int descriptor() const override { return listener_.get(); }
    void receive() override {
        while (listener_.is_open()) {
            const common::UniqueFd client{
                ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
            if (!client.is_open()) {
                return;
            }
            ++connections_;
            std::array<char, 16> text{};
            // Its other end is closed by then, or says something at once.
            const auto size = ::recv(client.get(), text.data(), text.size(), 0);
            said_.append(text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        }
    }

    common::UniqueFd outside_;
    common::UniqueFd inside_;
    common::UniqueFd listener_;
    int connections_ = 0;
    std::string said_;
};

}  // namespace

TEST_CASE("boot splash: is given time to end, and the terminal is not touched meanwhile") {
    const pty::TestWorld world;
    const pty::VirtualTerminal terminal;
    const auto owner_before = terminal.owner();
    Splash splash;
    auto getty = splash.start(terminal);
    REQUIRE(pty::wait_until([&] { return splash.was_asked(); }));
    pty::let_pass(500ms);
    CHECK(terminal.before_cursor().empty());
    CHECK(terminal.owner() == owner_before);
    splash.quit();
    terminal.expect_at_cursor("box login: ");
    CHECK(splash.said().empty());
}

TEST_CASE("boot splash: one that stays is asked to end, and then not waited for") {
    pty::TestWorld world;
    const pty::VirtualTerminal terminal;
    Splash splash;
    auto getty = splash.start(terminal);
    const auto started = pty::Clock::now();
    terminal.expect_at_cursor("box login: ", 60s);
    CHECK(pty::Clock::now() - started > 9s);
    // As plymouth's protocol has it.
    CHECK(splash.said() == std::string{"Q\0", 2});
    CHECK(pty::wait_until([&] { return world.count_log("boot splash") == 1; }));
}

TEST_CASE("boot splash: a socket of that name that is not root's holds nothing up") {
    const pty::TestWorld world;
    const pty::VirtualTerminal terminal;
    Splash splash{1001};
    auto getty = splash.start(terminal);
    terminal.expect_at_cursor("box login: ");
    CHECK(splash.said().empty());
}

TEST_CASE("boot splash: no concern of a line that is no virtual terminal") {
    const pty::TestWorld world;
    pty::Line line;
    const Splash splash;
    auto getty = splash.start(line);
    line.expect("box login: ");
    CHECK(splash.said().empty());
}
