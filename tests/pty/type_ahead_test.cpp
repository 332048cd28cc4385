#include "common/syscall.hpp"
#include "common/unique_fd.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
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

/// Between two pieces, since it was last set to 0.
pty::Clock::duration longest_gap{};

/// Types in pieces, each a write of its own.
void send_pieces(pty::Line& line,
                 const std::vector<std::string>& pieces,
                 pty::Milliseconds pause = 1ms) {
    std::optional<pty::Clock::time_point> before;
    for (const std::string& piece : pieces) {
        line.send(piece);
        const auto now = pty::Clock::now();
        longest_gap = std::max(longest_gap, now - before.value_or(now));
        before = now;
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
    std::size_t failures = 0;  ///< wrong answers that were part of it
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

/// Somebody who may stop getty between its last instruction and login's first.
class Stopper {
  public:
    explicit Stopper(const pty::Process& getty) : process_(getty.id()) {
        if (::ptrace(PTRACE_SEIZE, process_, nullptr, PTRACE_O_TRACEEXEC) != 0) {
            tests::skip("needs leave to trace a process");
        }
    }
    Stopper(const Stopper&) = delete;
    Stopper(Stopper&&) = delete;
    Stopper& operator=(const Stopper&) = delete;
    Stopper& operator=(Stopper&&) = delete;
    ~Stopper() { ::ptrace(PTRACE_DETACH, process_, nullptr, nullptr); }

    void wait_until_it_is_login() const {
        constexpr int at_exec = SIGTRAP | (PTRACE_EVENT_EXEC << 8);
        int status = 0;
        REQUIRE(pty::wait_until(
            [&] { return ::waitpid(process_, &status, WNOHANG | __WALL) == process_; }));
        REQUIRE((status >> 8) == at_exec);
    }

  private:
    pid_t process_;
};

bool is_login(const pty::Process& process) {
    std::ifstream file{"/proc/" + std::to_string(process.id()) + "/comm"};
    std::string name;
    return std::getline(file, name) && name == "login";
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
    {"between getty's last instruction and login's first",
     Asked::no,
     [](pty::Line& line) {
         auto getty = after_the_prompt(line, {});
         const Stopper stopper{getty};
         line.send("ann\r");
         stopper.wait_until_it_is_login();
         line.send(password + "\r");
         return getty;
     }},
    {"from login's first instruction on, before its question",
     Asked::perhaps,
     [](pty::Line& line) {
         auto getty = after_the_prompt(line, {"ann\r"});
         REQUIRE(pty::wait_until([&] { return is_login(getty); }));
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
     },
     1},
    {"while a wrong answer is checked",
     Asked::no,
     [](pty::Line& line) {
         auto getty = after_the_prompt(line, {"ann\r"});
         line.expect("Password: ");
         line.send("wrong\r" + name_and_password);
         line.expect("incorrect");
         return getty;
     },
     1},
    {"in part while a wrong answer is checked",
     Asked::no,
     [](pty::Line& line) {
         auto getty = after_the_prompt(line, {"ann\r"});
         line.expect("Password: ");
         line.send("wrong\rQXZ");
         line.expect("incorrect");
         return getty;
     },
     1},
    {"once more while the right answer is checked",
     Asked::perhaps,
     [](pty::Line& line) {
         auto getty = after_the_prompt(line, {"ann\r"});
         line.expect("Password: ");
         line.send(password + "\r" + password + "\rQXZ");
         return getty;
     }},
};

/// From wherever the dialogue has got to into the shell. A name typed before
/// getty had the line may be lost; a password typed before it was asked for is,
/// but who types slowly may have been asked meanwhile.
void get_in(pty::Line& line, Asked asked) {
    const auto is_at = [&line](std::string_view end) { return line.transcript().ends_with(end); };
    const auto goes_on = [&] { return is_at("Password: ") || is_at(pty::shell_prompt); };
    // So long that a name that is still on its way is not taken for one that was lost.
    if (!pty::wait_until(goes_on, 1500ms * pty::slowness)) {
        REQUIRE_MESSAGE(pty::wait_until([&] { return goes_on() || is_at("login: "); }),
                        line.transcript());
        if (!goes_on()) {
            line.send("ann\r");
            REQUIRE(pty::wait_until(goes_on));
        }
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

common::UniqueFd open_slave(const pty::Line& line) {
    return common::UniqueFd{
        common::check(::open(line.path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC), "open")};
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
    // What comes 300 ms after the rest is another answer. A busy machine may have been
    // away from the test for so long, which is to be seen.
    constexpr auto longest_pause = 200ms;
    constexpr int most_attempts = 20;
    for (const auto gate : pty::gates()) {
        for (const Instant& instant : instants) {
            CAPTURE(name_of(gate));
            CAPTURE(instant.when);
            for (int attempt = 0; attempt < most_attempts; ++attempt) {
                const pty::TestWorld world;
                choose_gate(world, gate);
                add_ann(world);
                world.write_file("/run/long.issue", std::string(20'000, '.') + "\n");
                pty::Line line;
                longest_gap = {};
                const auto getty = instant.type(line);
                if (instant.asked == Asked::no && longest_gap > longest_pause &&
                    attempt + 1 < most_attempts) {
                    continue;
                }
                get_in(line, instant.asked);
                // Nothing is left for the shell, which would show and run it.
                line.expect_nothing(20ms);
                check_never_shown(line);
                CHECK(world.btmp().size() == instant.failures);
                break;
            }
        }
    }
}

TEST_CASE("of a password typed in part nothing is shown or left when login goes (T-13)") {
    struct Case {
        std::string why;
        std::string settings;
        std::function<void(const pty::Process&, const pty::Line&)> end;
        /// Typed before, with a Return: login is busy with it for a while.
        std::string typed_before;
    };
    const auto by_itself = [](const pty::Process&, const pty::Line&) {};
    const auto by_signal = [](int signal) {
        return [signal](const pty::Process& login, const pty::Line&) { login.signal(signal); };
    };
    const auto by_hang_up = [](const pty::Process&, const pty::Line& line) {
        const common::UniqueFd slave = open_slave(line);
        // The kernel puts the echo back when it hangs up, also for what is on its way: to
        // poll has it arrive.
        pollfd source{.fd = slave.get(), .events = POLLIN, .revents = 0};
        ::poll(&source, 1, 0);
        pty::let_pass(50ms);
        common::check(::ioctl(slave.get(), TIOCVHANGUP), "TIOCVHANGUP");
    };
    const std::string soon = "LOGIN_TIMEOUT 2\nFAIL_DELAY 4\n";
    const std::string in_the_pause = "LOGIN_TIMEOUT 60\nFAIL_DELAY 4\n";
    const std::string later = "LOGIN_TIMEOUT 60\nFAIL_DELAY 1\n";
    const std::vector<Case> ends{
        {"timeout", soon, by_itself, ""},
        {"SIGTERM", later, by_signal(SIGTERM), ""},
        {"SIGHUP", later, by_signal(SIGHUP), ""},
        {"SIGTERM in the pause after a failure", in_the_pause, by_signal(SIGTERM), "wrong\r"},
        {"timeout in that pause", soon, by_itself, "wrong\r"},
        {"the last try", later + "LOGIN_RETRIES 1\n", by_itself, "wrong\r"},
        {"hang-up", later, by_hang_up, ""},
        {"hang-up in the pause after a failure", later, by_hang_up, "wrong\r"},
    };
    for (const auto gate : pty::gates()) {
        for (const Case& end : ends) {
            CAPTURE(name_of(gate));
            CAPTURE(end.why);
            pty::TestWorld world;
            choose_gate(world, gate);
            add_ann(world);
            world.append_file("/etc/ttygate/login.conf", end.settings);
            pty::Line line;
            auto getty = start_getty(line);
            line.expect("login: ");
            line.send("ann\r");
            line.expect("Password: ");
            // Somebody who has the line open longer than login: the next reader.
            const common::UniqueFd next = open_slave(line);
            line.send(end.typed_before);
            pty::let_pass(100ms);
            line.send("QXZ");
            pty::let_pass(100ms);
            line.send("ZX");
            end.end(getty, line);
            CHECK(getty.wait_exit() == pty::Exit{.status = 1});
            // The hang-up ends that opening too.
            CHECK(left_in_queue(open_slave(line).get()) == 0);
            line.expect_nothing(50ms);
            check_never_shown(line);
            CHECK(world.count_log("QX") == 0);
        }
    }
}

TEST_CASE("a terminal of CR LF whose LF comes after login's prompt has typed no password") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        pty::TestWorld world;
        choose_gate(world, gate);
        add_ann(world);
        // On a loaded machine the test may be later than any line is.
        constexpr int tries = 5;
        bool is_in = false;
        for (int i = 0; i < tries && !is_in; ++i) {
            pty::Line line;
            const auto getty = start_getty(line);
            line.expect("login: ");
            line.send("ann\r");
            line.expect("Password: ");
            line.send("\n" + password + "\r");
            pty::wait_until([&] {
                is_in = line.unmatched().find(pty::shell_prompt) != std::string_view::npos;
                return is_in || line.unmatched().find("incorrect") != std::string_view::npos;
            });
        }
        CHECK(is_in);
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
