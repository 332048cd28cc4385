#include "common/syscall.hpp"
#include "common/unique_fd.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/test_world.hpp"

#include <csignal>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

/// Letters that nothing else on the line has in it: one of them is enough to
/// know that a part of it has been shown.
const std::string password = "QXZZXQ";
const std::string name_and_password = "ann\r" + password + "\r";

void check_never_shown(const pty::Line& line) {
    CHECK_MESSAGE(line.transcript().find_first_of("QXZ") == std::string::npos, line.transcript());
}

void add_ann(const pty::World& world) {
    add_person(world, {.name = "ann", .user = 1001, .password = password});
}

std::vector<std::string> letters_of(const std::string& text) {
    std::vector<std::string> letters;
    for (const char letter : text) {
        letters.emplace_back(1, letter);
    }
    return letters;
}

/// Types in pieces, each a write of its own.
void send_pieces(pty::Line& line,
                 const std::vector<std::string>& pieces,
                 pty::Milliseconds pause = 1ms) {
    for (const std::string& piece : pieces) {
        line.send(piece);
        pty::let_pass(pause);
    }
}

/// Whether the password may have been asked for before all of it was typed.
enum class Asked { no, perhaps };

/// A moment for somebody to type name and password in, and how.
struct Instant {
    std::string when;
    Asked asked;
    /// Starts getty and types.
    std::function<pty::Process(pty::Line&)> type;
};

/// A real port receives nothing before it is opened. A pty does, and echoes it
/// by itself unless told otherwise: that is not getty's doing.
void make_deaf_as_a_port(const pty::Line& line) {
    termios modes = line.modes();
    modes.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    line.set_modes(modes);
}

pty::Process after_the_prompt(pty::Line& line,
                              const std::vector<std::string>& pieces,
                              pty::Milliseconds pause = 1ms) {
    auto getty = start_getty(line);
    line.expect("login: ");
    send_pieces(line, pieces, pause);
    return getty;
}

const std::vector<Instant> instants{
    {"before getty opens the line",
     Asked::no,
     [](pty::Line& line) {
         make_deaf_as_a_port(line);
         line.send(name_and_password);
         return start_getty(line);
     }},
    {"before getty opens the line, in parts until it does",
     Asked::no,
     [](pty::Line& line) {
         make_deaf_as_a_port(line);
         send_pieces(line, {"a", "nn", "\r", "QX"});
         auto getty = start_getty(line);
         line.expect("login: ");
         line.send("\x15" + name_and_password);
         return getty;
     }},
    {"while the issue is written, before the prompt",
     Asked::no,
     [](pty::Line& line) {
         line.stop_reading();
         auto getty = start_getty(line, {"-f", "/run/long.issue"});
         // Owner and mode say that the line has been taken; the hang-up and
         // the issue, which does not fit into the kernel's buffer, follow.
         pty::wait_until([&] { return line.session() == getty.id(); });
         pty::let_pass(50ms);
         line.send(name_and_password);
         line.resume_reading();
         return getty;
     }},
    {"with the first letters of the prompt",
     Asked::no,
     [](pty::Line& line) {
         auto getty = start_getty(line);
         line.expect("box");
         line.send(name_and_password);
         return getty;
     }},
    {"after the prompt, in one write",
     Asked::no,
     [](pty::Line& line) { return after_the_prompt(line, {name_and_password}); }},
    {"after the prompt, letter by letter",
     Asked::perhaps,
     [](pty::Line& line) { return after_the_prompt(line, letters_of(name_and_password)); }},
    {"cut within the name",
     Asked::no,
     [](pty::Line& line) {
         return after_the_prompt(line, {"an", "n\r" + password + "\r"});
     }},
    {"cut before the name's Return",
     Asked::no,
     [](pty::Line& line) {
         return after_the_prompt(line, {"ann", "\r" + password + "\r"});
     }},
    {"cut after the name's Return",
     Asked::perhaps,
     [](pty::Line& line) {
         auto getty = after_the_prompt(line, {});
         line.send("ann\r");
         line.send(password + "\r");
         return getty;
     }},
    {"while getty becomes login",
     Asked::perhaps,
     [](pty::Line& line) {
         auto getty = after_the_prompt(line, {});
         line.send("ann\r");
         line.expect("ann");
         line.send(password + "\r");
         return getty;
     }},
    {"half of it with the name, half of it when the question could be there",
     Asked::no,
     [](pty::Line& line) {
         return after_the_prompt(line, {"ann\rQXZ", "ZXQ\r"}, 50ms);
     }},
    {"slowly, from the name on past the moment of the question",
     Asked::perhaps,
     [](pty::Line& line) { return after_the_prompt(line, letters_of(name_and_password), 20ms); }},
    {"with the first letters of the question",
     Asked::perhaps,
     [](pty::Line& line) {
         auto getty = after_the_prompt(line, {"ann\r"});
         line.expect("Pass");
         line.send("\x15" + password);
         line.expect("word: ");
         line.send("\x15");
         return getty;
     }},
    {"with the answer to a failed try",
     Asked::perhaps,
     [](pty::Line& line) {
         auto getty = after_the_prompt(line, {"ann\r"});
         line.expect("Password: ");
         line.send("wrong\r");
         line.expect("incorrect");
         line.send(name_and_password);
         return getty;
     }},
};

/// From wherever the dialogue has got to into the shell. A name typed before
/// getty had the line may be lost; a password typed before it was asked for is,
/// but who types slowly may have been asked meanwhile.
void get_in(pty::Line& line, Asked asked) {
    const auto is_at = [&line](std::string_view end) { return line.transcript().ends_with(end); };
    const auto goes_on = [&] { return is_at("Password: ") || is_at(pty::shell_prompt); };
    if (!pty::wait_until(goes_on, 300ms * pty::slowness)) {
        REQUIRE_MESSAGE(is_at("login: "), line.transcript());
        line.send("ann\r");
        REQUIRE(pty::wait_until(goes_on));
    }
    if (asked == Asked::no) {
        // Not one letter of it is taken for the answer.
        pty::let_pass(50ms);
        CHECK(is_at("Password: "));
    }
    if (!is_at(pty::shell_prompt)) {
        line.send(password + "\r");
        line.expect(pty::shell_prompt);
    }
}

/// What is in the queue for whoever reads next, be it a whole line or not.
int left_in_queue(int slave) {
    termios modes{};
    common::check(::tcgetattr(slave, &modes), "tcgetattr");
    modes.c_lflag &= ~static_cast<tcflag_t>(ICANON);
    common::check(::tcsetattr(slave, TCSANOW, &modes), "tcsetattr");
    int count = 0;
    common::check(::ioctl(slave, FIONREAD, &count), "FIONREAD");
    return count;
}

}  // namespace

TEST_CASE("a password is not shown whenever it is typed, and not used in part (T-13)") {
    for (const auto gate : pty::gates()) {
        for (const Instant& instant : instants) {
            CAPTURE(name_of(gate));
            CAPTURE(instant.when);
            const pty::TestWorld world;
            choose_gate(world, gate);
            add_ann(world);
            world.write_file("/run/long.issue", std::string(20'000, '.') + "\n");
            pty::Line line;
            const auto getty = instant.type(line);
            get_in(line, instant.asked);
            check_never_shown(line);
            const bool failed_once = instant.when.ends_with("failed try");
            CHECK(world.btmp().size() == (failed_once ? 1 : 0));
        }
    }
}

TEST_CASE("of a password typed in part nothing is shown or left when login goes (T-13)") {
    struct Case {
        std::string why;
        int signal;
        /// Typed before, with a Return: login is busy with it for a while.
        std::string typed_before;
    };
    const std::vector<Case> ends{{"timeout", 0, ""},
                                 {"SIGTERM", SIGTERM, ""},
                                 {"SIGHUP", SIGHUP, ""},
                                 {"SIGTERM in the pause after a failure", SIGTERM, "wrong\r"}};
    for (const auto gate : pty::gates()) {
        for (const Case& end : ends) {
            CAPTURE(name_of(gate));
            CAPTURE(end.why);
            pty::TestWorld world;
            choose_gate(world, gate);
            add_ann(world);
            world.append_file("/etc/ttygate/login.conf", "LOGIN_TIMEOUT 1\nFAIL_DELAY 3\n");
            pty::Line line;
            auto getty = start_getty(line);
            line.expect("login: ");
            line.send("ann\r");
            line.expect("Password: ");
            // Somebody who has the line open longer than login: the next reader.
            const common::UniqueFd next{
                common::check(::open(line.path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC), "open")};
            line.send(end.typed_before);
            pty::let_pass(100ms);
            line.send("QXZ");
            pty::let_pass(100ms);
            line.send("ZX");
            if (end.signal != 0) {
                getty.signal(end.signal);
            }
            CHECK(getty.wait_exit() == pty::Exit{.status = 1});
            CHECK(left_in_queue(next.get()) == 0);
            line.expect_nothing(50ms);
            check_never_shown(line);
            CHECK(world.count_log("QX") == 0);
        }
    }
}

TEST_CASE("a password typed at the right moment is not shown, nor logged, nor recorded") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        pty::TestWorld world;
        choose_gate(world, gate);
        add_ann(world);
        pty::Line line;
        const auto getty = start_getty(line);
        line.expect("login: ");
        line.send("ann\r");
        line.expect("Password: ");
        line.send("QXZ" + password + "\r");
        line.expect("incorrect");
        line.expect("login: ");
        line.send("ann\r");
        line.expect("Password: ");
        line.send(password + "\r");
        line.expect(pty::shell_prompt);
        check_never_shown(line);
        CHECK(world.count_log(password) == 0);
        for (const char* file : {"/run/utmp", "/var/log/wtmp", "/var/log/btmp"}) {
            CHECK(world.read_file(file).find(password) == std::string::npos);
        }
    }
}
