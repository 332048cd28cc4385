#include "login/terminal_conversation.hpp"

#include "tests/common/pty_pair.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include <stdlib.h>
#include <unistd.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using login::Answer;

namespace {

/// A conversation on a real line, and the keys of the person at it.
class Booth {
  public:
    Booth()
        : terminal_(common::Terminal::open(pty.path())), talk_(std::in_place, terminal_, signals_) {
        talk().allow(10s);
    }

    login::TerminalConversation& talk() { return *talk_; }
    void leave() { talk_.reset(); }

    /// Types after the question has been asked.
    Answer ask(common::Echo echo, std::string_view keys, std::string_view prompt = "? ") {
        // Not the question before.
        std::thread person{[this, keys, prompt, begin = said.size()] {
            while (said.find(prompt, begin) == std::string::npos) {
                said += pty.read_all();
            }
            CHECK(pty.type(keys));
        }};
        const Answer outcome = talk().ask(prompt, echo, answer);
        person.join();
        said += pty.read_all();
        return outcome;
    }

    [[nodiscard]] bool echoes() const { return (terminal_.modes().c_lflag & ECHO) != 0; }

    tests::PtyPair pty{};
    common::Secret answer{};
    std::string said{};

  private:
    common::Terminal terminal_;
    common::SignalQueue signals_{SIGHUP, SIGTERM};
    std::optional<login::TerminalConversation> talk_;
};

}  // namespace

TEST_CASE("conversation: names are echoed by us, passwords by nobody") {
    Booth booth;
    CHECK_FALSE(booth.echoes());
    CHECK(booth.ask(common::Echo::shown, "demx\x7fo\r", "login: ") == Answer::given);
    CHECK(booth.answer.view() == "demo");
    CHECK(booth.said == "login: demx\b \bo\r\n");
    booth.said.clear();
    CHECK(booth.ask(common::Echo::hidden, "secret\r", "Password: ") == Answer::given);
    CHECK(booth.answer.view() == "secret");
    CHECK(booth.said == "Password: \r\n");
    booth.leave();
    CHECK(booth.echoes());
}

TEST_CASE("conversation: of a password marks are shown where nobody listens on the line") {
    Booth booth;
    booth.talk().use_feedback(common::Feedback::dots);
    CHECK(booth.ask(common::Echo::hidden, "secret\x7f\r", "Password: ") == Answer::given);
    CHECK(booth.answer.view() == "secre");
    CHECK(booth.said == "Password: ******\b \b\r\n");
    booth.said.clear();
    CHECK(booth.ask(common::Echo::shown, "demo\r", "login: ") == Answer::given);
    CHECK(booth.said == "login: demo\r\n");
}

TEST_CASE("conversation: on what is neither virtual nor pseudo terminal none are") {
    // The other end of a pseudo terminal stands for a serial line: it can all
    // that one can, and is neither.
    const common::Terminal line = common::Terminal::open("/dev/ptmx");
    REQUIRE_FALSE(line.is_pseudo_terminal());
    std::array<char, 64> path{};
    REQUIRE(::unlockpt(line.descriptor()) == 0);
    REQUIRE(::ptsname_r(line.descriptor(), path.data(), path.size()) == 0);
    const common::Terminal person = common::Terminal::open(path.data());
    common::SignalQueue signals{SIGHUP, SIGTERM};
    login::TerminalConversation talk{line, signals};
    for (const auto feedback : {common::Feedback::dots, common::Feedback::random}) {
        talk.use_feedback(feedback);
        talk.allow(10s);
        common::Secret answer;
        std::thread typist{[&person] {
            std::string said;
            while (!said.ends_with("? ")) {
                if (const auto byte = person.read_byte()) {
                    said += *byte;
                }
            }
            person.write("secret\r");
        }};
        CHECK(talk.ask("? ", common::Echo::hidden, answer) == Answer::given);
        typist.join();
        CHECK(answer.view() == "secret");
        std::array<char, 64> shown{};
        const std::size_t size = person.read_some(shown);
        CHECK(std::string_view{shown.data(), size} == "\r\n");
    }
}

TEST_CASE("T-13 conversation: what was typed before a password is asked for is dropped whole") {
    for (const std::string_view before : {"secret\r", "sec", "a\rb\rc", "\xc3"}) {
        CAPTURE(before);
        Booth booth;
        REQUIRE(booth.pty.type(before));
        CHECK(booth.ask(common::Echo::hidden, "right\r") == Answer::given);
        CHECK(booth.answer.view() == "right");
        CHECK(booth.said == "? \r\n");
    }
}

TEST_CASE("T-13 conversation: the LF of a CR LF that comes after the prompt is no password") {
    struct Case {
        std::string_view name;  ///< "" where getty has read it
        std::string_view at_prompt;
        std::string_view password;
    };
    constexpr auto cases = std::to_array<Case>({
        {"", "\nright\r", "right"},
        {"ann\r", "\nright\r", "right"},
        {"ann\r", "right\n", "right"},
        {"ann\r", "\n\n", ""},  // once
        {"ann\r", "\rlate\r", ""},
        {"ann\n", "\nlate\r", ""},  // not of a terminal that sends LF
    });
    for (const Case& c : cases) {
        CAPTURE(c.name);
        CAPTURE(c.at_prompt);
        Booth booth;
        if (!c.name.empty()) {
            REQUIRE(booth.ask(common::Echo::shown, c.name) == Answer::given);
        }
        // However slow this machine is just now: before the answer is read.
        const std::function<void()> type = [&] { CHECK(booth.pty.type(c.at_prompt)); };
        booth.talk().meanwhile(type);
        CHECK(booth.talk().ask("? ", common::Echo::hidden, booth.answer) == Answer::given);
        CHECK(booth.answer.view() == c.password);
    }
}

TEST_CASE("conversation: Enter by a person is an empty password, by whichever key") {
    for (const std::string_view key : {"\r", "\n"}) {
        Booth booth;
        std::thread person{[&booth, key] {
            while (booth.said.find("? ") == std::string::npos) {
                booth.said += booth.pty.read_all();
            }
            // Ten times what a terminal's second half of a line's end is waited for.
            std::this_thread::sleep_for(500ms);
            CHECK(booth.pty.type(key));
        }};
        CHECK(booth.talk().ask("? ", common::Echo::hidden, booth.answer) == Answer::given);
        person.join();
        CHECK(booth.answer.view().empty());
    }
}

TEST_CASE("T-13 conversation: a password that was begun too early is not used in part") {
    // What comes 300 ms after the rest is another answer: as late as that may a busy
    // machine be, which is to be seen.
    constexpr int most_attempts = 20;
    bool is_late = true;
    for (int attempt = 0; attempt < most_attempts && is_late; ++attempt) {
        Booth booth;
        const auto begun = std::chrono::steady_clock::now();
        REQUIRE(booth.pty.type("sec"));
        std::thread person{[&] {
            std::this_thread::sleep_for(30ms);
            CHECK(booth.pty.type("ret\r"));
            is_late = std::chrono::steady_clock::now() - begun > 250ms;
            while (booth.said.find("? ") == std::string::npos) {
                booth.said += booth.pty.read_all();
            }
            CHECK(booth.pty.type("right\r"));
        }};
        CHECK(booth.talk().ask("? ", common::Echo::hidden, booth.answer) == Answer::given);
        person.join();
        if (!is_late || attempt + 1 == most_attempts) {
            CHECK(booth.answer.view() == "right");
        }
    }
}

TEST_CASE("T-13 conversation: a half-typed password is gone when echo comes back") {
    Booth booth;
    booth.talk().allow(1s);
    CHECK(booth.ask(common::Echo::hidden, "half") == Answer::timed_out);
    booth.leave();
    CHECK(booth.said == "? ");
    CHECK(booth.pty.read_all().empty());
    CHECK(booth.echoes());
    const common::Terminal next = common::Terminal::open(booth.pty.path());
    CHECK_FALSE(next.drop_input());
}

TEST_CASE("T-14 conversation: what does not fit is taken to its end and is a wrong answer") {
    Booth booth;
    const std::string longest(511, 'x');
    CHECK(booth.ask(common::Echo::hidden, longest + "\r") == Answer::given);
    CHECK(booth.answer.view() == longest);
    CHECK(booth.ask(common::Echo::hidden, longest + "y\r") == Answer::too_long);
    CHECK(booth.answer.view().empty());
    CHECK(booth.ask(common::Echo::hidden, std::string_view{"a\0b\r", 4}) == Answer::spoilt);
    CHECK_FALSE(booth.talk().ending());
    CHECK(booth.ask(common::Echo::hidden, "ok\r") == Answer::given);
}

TEST_CASE("conversation: interrupt asks again, redraw shows what there is") {
    Booth booth;
    CHECK(booth.ask(common::Echo::shown, "wrong\x03right\r") == Answer::given);
    CHECK(booth.answer.view() == "right");
    CHECK(booth.said == "? wrong^C\r\n? right\r\n");
    booth.said.clear();
    CHECK(booth.ask(common::Echo::shown,
                    "ab\x0c"
                    "c\r") == Answer::given);
    CHECK(booth.answer.view() == "abc");
    CHECK(booth.said == "? ab\r\n? abc\r\n");
}

TEST_CASE("conversation: every ending is final") {
    SUBCASE("end of file") {
        Booth booth;
        CHECK(booth.ask(common::Echo::hidden, "\x04") == Answer::end_of_file);
        CHECK(booth.talk().ask("? ", common::Echo::hidden, booth.answer) == Answer::end_of_file);
    }
    SUBCASE("the line is hung up") {
        Booth booth;
        booth.pty.close_master();
        CHECK(booth.talk().ask("? ", common::Echo::hidden, booth.answer) == Answer::hung_up);
        CHECK(booth.talk().ending());
    }
    SUBCASE("SIGTERM") {
        Booth booth;
        ::kill(::getpid(), SIGTERM);
        CHECK(booth.talk().ask("? ", common::Echo::hidden, booth.answer) == Answer::terminated);
        const auto before = std::chrono::steady_clock::now();
        booth.talk().pause_until(before + 60s);
        CHECK(std::chrono::steady_clock::now() - before < 30s);
    }
}

TEST_CASE("T-23 conversation: hanging up does not shorten the pause") {
    Booth booth;
    booth.pty.close_master();
    ::kill(::getpid(), SIGHUP);
    const auto before = std::chrono::steady_clock::now();
    booth.talk().pause_until(before + 300ms);
    CHECK(std::chrono::steady_clock::now() - before >= 300ms);
    CHECK(booth.talk().ending() == Answer::hung_up);
}

TEST_CASE("T-11 conversation: what is said is harmless, and of several lines where it has them") {
    Booth booth;
    booth.talk().say("one\n\x1b[2J\xc2\x9btwo\a\n");
    CHECK(booth.pty.read_all() == "one\r\n^[[2J\\xc2\\x9btwo^G\r\n");
}

TEST_CASE("conversation: once the line is the shell's nothing is asked, said or restored") {
    Booth booth;
    booth.talk().hand_over();
    booth.talk().say("too late");
    CHECK(booth.talk().ask("? ", common::Echo::hidden, booth.answer) == Answer::hung_up);
    booth.leave();
    CHECK(booth.pty.read_all().empty());
    CHECK_FALSE(booth.echoes());
}

TEST_CASE("conversation: a slow line shows all of a long text") {
    // More than the line holds while nobody reads.
    const std::string text(400'000, 'x');
    Booth booth;
    booth.talk().allow(0s);
    std::atomic<bool> is_over{false};
    std::thread person{[&booth, &is_over] {
        // Slower than 5 s in all, but never still for as long.
        for (int i = 0; i < 4; ++i) {
            std::this_thread::sleep_for(1500ms);
            std::array<char, 4096> part{};
            for (int parts = 0; parts < 8; ++parts) {
                const auto size = ::read(booth.pty.master(), part.data(), part.size());
                booth.said.append(part.data(), static_cast<std::size_t>(std::max(size, ssize_t{})));
            }
        }
        while (!is_over) {
            booth.said += booth.pty.read_all();
        }
        booth.said += booth.pty.read_all();
    }};
    booth.talk().show(text);
    is_over = true;
    person.join();
    CHECK(booth.said.size() == text.size());
}

TEST_CASE("T-24 conversation: a line that takes little at a time does not stretch the deadline") {
    const std::string text(400'000, 'x');
    Booth booth;
    booth.talk().allow(1s);
    std::atomic<bool> is_over{false};
    std::thread person{[&booth, &is_over] {
        while (!is_over) {
            std::this_thread::sleep_for(20ms);
            std::array<char, 512> part{};
            [[maybe_unused]] const auto size = ::read(booth.pty.master(), part.data(), part.size());
        }
    }};
    const auto before = std::chrono::steady_clock::now();
    booth.talk().show(text);
    // All of it would take fifteen.
    CHECK(std::chrono::steady_clock::now() - before < 10s);
    is_over = true;
    person.join();
}

TEST_CASE("conversation: the question after words that a stopped line did not take is shown") {
    Booth booth;
    booth.talk().allow(1s);
    booth.talk().show(std::string(400'000, 'x'));
    booth.talk().allow(20s);
    std::thread person{[&booth] {
        // The line goes on when login waits already.
        std::this_thread::sleep_for(500ms);
        constexpr int reads = 100;
        for (int i = 0; i < reads && booth.said.find("? ") == std::string::npos; ++i) {
            booth.said += booth.pty.read_all();
        }
        CHECK(booth.pty.type("ann\r"));
    }};
    CHECK(booth.talk().ask("? ", common::Echo::shown, booth.answer) == Answer::given);
    person.join();
    CHECK(booth.said.find("? ") != std::string::npos);
    CHECK(booth.answer.view() == "ann");
}

TEST_CASE("conversation: whoever tells login to end does not wait for a slow line") {
    Booth booth;
    booth.talk().allow(0s);
    ::kill(::getpid(), SIGTERM);
    const auto before = std::chrono::steady_clock::now();
    booth.talk().show(std::string(400'000, 'x'));
    CHECK(std::chrono::steady_clock::now() - before < 4s);
    // It is not forgotten.
    CHECK(booth.talk().ask("? ", common::Echo::shown, booth.answer) == Answer::terminated);
}
