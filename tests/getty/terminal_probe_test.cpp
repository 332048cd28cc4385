#include "getty/terminal_probe.hpp"

#include "getty/ask_name.hpp"

#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

using getty::TerminalProbe;
using getty::TerminalSize;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

using Time = TerminalProbe::Clock::time_point;

constexpr std::string_view size_question = "\x1b[18t";
constexpr std::string_view corner_question =
    "\x1b"
    "7\x1b[r\x1b[999;999H\x1b[6n\x1b"
    "8";

/// A line whose other side says something at a time.
struct Said {
    std::chrono::milliseconds pause{};  ///< since what was said before
    std::string_view bytes{};
};

struct Heard {
    std::string questions{};
    std::string keys{};
    std::vector<TerminalSize> sizes{};
};

/// Plays it, as a poll loop would: what is due comes before what is read.
class Play {
  public:
    void say(const Said& said) {
        const Time then = now_ + said.pause;
        while (probe_.wakes_at() && *probe_.wakes_at() <= then) {
            now_ = *probe_.wakes_at();
            take(probe_.on_time(now_));
        }
        now_ = then;
        for (const char byte : said.bytes) {
            take(probe_.feed(byte, now_));
        }
    }
    void start() { take(probe_.start(now_)); }

    [[nodiscard]] const Heard& heard() const { return heard_; }

  private:
    void take(const TerminalProbe::Step& step) {
        heard_.questions += step.question;
        heard_.keys += step.keys;
        if (step.size) {
            heard_.sizes.push_back(*step.size);
        }
    }

    TerminalProbe probe_{};
    Time now_{1h};
    Heard heard_{};
};

struct Case {
    const char* what;
    std::vector<Said> said;
    std::string keys;
    std::optional<TerminalSize> size;
};

}  // namespace

TEST_CASE("Terminal size: nobody is asked before somebody types") {
    Play play;
    play.say({10s, ""});
    CHECK(play.heard().questions.empty());
    play.say({0s, "a"});
    CHECK(play.heard().questions == size_question);
    CHECK(play.heard().keys == "a");
    play.say({99ms, "n"});
    CHECK(play.heard().questions == size_question);
    play.say({1ms, ""});
    CHECK(play.heard().questions == std::string{size_question} + std::string{corner_question});
    play.say({1h, "n\r"});
    CHECK(play.heard().questions == std::string{size_question} + std::string{corner_question});
    CHECK(play.heard().keys == "ann\r");
}

TEST_CASE("Terminal size: asked by a key that is for nobody, and once") {
    Play play;
    play.start();
    play.start();
    CHECK(play.heard().questions == size_question);
    CHECK(play.heard().keys.empty());
    play.say({5ms, "\x1b[8;24;80t"});
    play.say({0ms, "a"});
    CHECK(play.heard().questions == size_question);
    CHECK(play.heard().keys == "a");
}

TEST_CASE("Terminal size: answers set it, keys stay, and nothing else is either") {
    const std::vector<Case> cases{
        {"at once", {{0ms, "a"}, {5ms, "\x1b[8;24;80t"}, {0ms, "nn\r"}}, "ann\r", {{24, 80}}},
        {"between keys of one write", {{0ms, "an\x1b[8;24;80tn\r"}}, "ann\r", {{24, 80}}},
        {"after Return, which waits",
         {{0ms, "ann\r"}, {50ms, "\x1b[8;24;80t"}},
         "ann\r",
         {{24, 80}}},
        {"Return waits, with all that follows",
         {{0ms, "\rann\rpass"}, {50ms, "\x1b[8;24;80t"}, {0ms, "word"}},
         "\rann\rpassword",
         {{24, 80}}},
        {"Return waits for nobody longer", {{0ms, "ann\r"}, {1099ms, ""}}, "ann", {}},
        {"and then it comes", {{0ms, "ann\r"}, {1100ms, ""}}, "ann\r", {}},
        {"late, when the corner has been asked for",
         {{0ms, "a"}, {300ms, "\x1b[8;24;80t"}, {0ms, "nn"}},
         "ann",
         {{24, 80}}},
        {"late, and Return waits for the other answer",
         {{0ms, "ann\r"}, {300ms, "\x1b[8;24;80t"}},
         "ann",
         {{24, 80}}},
        {"both, late", {{0ms, "ann\r"}, {300ms, "\x1b[8;24;80t\x1b[25;81R"}}, "ann\r", {{24, 80}}},
        {"by the corner",
         {{0ms, "a"}, {150ms, "\x1b[50;132R"}, {0ms, "nn\r"}},
         "ann\r",
         {{50, 132}}},
        {"a corner nobody asked for", {{0ms, "a"}, {5ms, "\x1b[50;132R"}}, "a", {}},
        {"twice", {{0ms, "a"}, {5ms, "\x1b[8;24;80t\x1b[8;25;81t"}, {0ms, "n"}}, "an", {{24, 80}}},
        {"eight-bit",
         {{0ms, "a"},
          {5ms,
           "\x9b"
           "8;24;80t"},
          {0ms, "n"}},
         "an",
         {{24, 80}}},
        {"a letter with that byte in it",
         {{0ms,
           "\xc4\x9b"
           "8"},
          {5ms, "x"}},
         "\xc4\x9b"
         "8x",
         {}},
        {"in pieces",
         {{0ms, "a"}, {5ms, "\x1b"}, {20ms, "[8"}, {20ms, ";24;8"}, {20ms, "0t"}, {0ms, "n"}},
         "an",
         {{24, 80}}},
        {"in pieces far apart",
         {{0ms, "a"}, {5ms, "\x1b"}, {200ms, "[8"}, {200ms, ";24;8"}, {200ms, "0t"}, {0ms, "n"}},
         "an",
         {{24, 80}}},
        {"cut, and the next key is a key",
         {{0ms, "a"}, {5ms, "\x1b[8;2"}, {200ms, "nn"}},
         "ann",
         {}},
        {"cut by another",
         {{0ms, "a"}, {5ms, "\x1b[8;2\x1b[8;24;80t"}, {0ms, "n"}},
         "an",
         {{24, 80}}},
        {"cut by Return", {{0ms, "an"}, {5ms, "\x1b[8;2\r"}, {2s, ""}}, "an\r", {}},
        {"only ESC", {{0ms, "a"}, {5ms, "\x1b"}, {5ms, "nn"}}, "ann", {}},
        {"too small", {{0ms, "a"}, {5ms, "\x1b[8;0;80t"}, {0ms, "n"}}, "an", {}},
        {"too large", {{0ms, "a"}, {5ms, "\x1b[8;24;1001t"}, {0ms, "n"}}, "an", {}},
        {"the largest", {{0ms, "a"}, {5ms, "\x1b[8;1000;1000t"}}, "a", {{1000, 1000}}},
        {"the smallest", {{0ms, "a"}, {5ms, "\x1b[8;1;1t"}}, "a", {{1, 1}}},
        {"beyond any number", {{0ms, "a"}, {5ms, "\x1b[8;99999999999999;80t"}}, "a", {}},
        {"negative", {{0ms, "a"}, {5ms, "\x1b[8;-4;80t"}}, "a", {}},
        {"one number", {{0ms, "a"}, {5ms, "\x1b[8;24t"}}, "a", {}},
        {"four numbers", {{0ms, "a"}, {5ms, "\x1b[8;24;80;1t"}}, "a", {}},
        {"another report", {{0ms, "a"}, {5ms, "\x1b[4;600;800t"}}, "a", {}},
        {"what DA answers", {{0ms, "a"}, {5ms, "\x1b[?62;22c"}, {0ms, "n"}}, "an", {}},
        {"a string", {{0ms, "a"}, {5ms, "\x1bP1+r544e=78\x1b\\"}, {0ms, "n"}}, "an", {}},
        {"a string with a bell", {{0ms, "a"}, {5ms, "\x1b]11;rgb:0/0/0\a"}, {0ms, "n"}}, "an", {}},
        {"a string without an end",
         {{0ms, "a"}, {5ms, "\x1b]11;rgb:0/0/0"}, {200ms, "nn"}},
         "ann",
         {}},
        {"a string broken off",
         {{0ms, "a"}, {5ms, "\x1bPx\x1b[8;24;80t"}, {0ms, "n"}},
         "an",
         {{24, 80}}},
        {"arrow and function keys",
         {{0ms, "a"}, {5ms, "\x1b[A\x1bOP\x1b[[A\x1b[15~"}, {0ms, "n"}},
         "an",
         {}},
        {"first of all an arrow key", {{0ms, "\x1b[Aann"}}, "ann", {}},
        {"very long",
         {{0ms, "a"}, {5ms, "\x1b[8;24;80;0000000000000000000000000000000t"}},
         "a",
         {}},
        {"late by a second: an editor's business",
         {{0ms, "a"}, {1200ms, "\x1b[8;24;80t"}},
         "a\x1b[8;24;80t",
         {}},
        {"begun in time, ended late",
         {{0ms, "a"}, {1050ms, "\x1b[8;24"}, {60ms, ";80t"}, {0ms, "n"}},
         "an",
         {}},
    };
    for (const Case& c : cases) {
        const std::string what = c.what;
        CAPTURE(what);
        Play play;
        for (const Said& said : c.said) {
            play.say(said);
        }
        CHECK(play.heard().keys == c.keys);
        CHECK(play.heard().sizes.size() == (c.size ? 1U : 0U));
        if (c.size && !play.heard().sizes.empty()) {
            CHECK(play.heard().sizes.front() == *c.size);
        }
    }
}

TEST_CASE("Terminal size: in 100,000 dialogues no byte of an answer becomes part of a name") {
    std::mt19937 random{20'261'122};
    const auto below = [&random](std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>{0, limit - 1}(random);
    };
    const std::vector<std::string> answers{"\x1b[8;24;80t",
                                           "\x1b[24;80R",
                                           "\x1b[8;0;0t",
                                           "\x1b[?62;4c",
                                           "\x1b[A",
                                           "\x1bOP",
                                           std::string{"\x9b"} + "8;24;80t",
                                           "\x1b]11;rgb:ff/ff/ff\x1b\\",
                                           "\x1bP1$r0m\x1b\\",
                                           "\x1b[8;24;80",
                                           "\x1b[8;",
                                           "\x1b[",
                                           "\x1b"};
    // Neither in an answer nor the end of one that has been cut.
    constexpr std::string_view letters = "hijklmnsuvwxyz";
    std::size_t wrong = 0;
    std::size_t answered = 0;
    std::string example;
    for (int count = 0; count < 100'000; ++count) {
        Play play;
        std::string typed;
        std::string all;
        auto passed = 0ms;
        for (std::size_t part = 1 + below(6); part > 0; --part) {
            auto pause = std::chrono::milliseconds{below(5) == 0 ? below(250) : below(20)};
            const bool is_key = typed.empty() || below(2) == 0;
            // A person is slower than a terminal that was cut off.
            pause += is_key ? 101ms : 0ms;
            passed += pause;
            if (passed >= 1000ms) {
                break;
            }
            const std::string bytes = is_key ? std::string{letters[below(letters.size())]}
                                             : answers[below(answers.size())];
            typed += is_key ? bytes : "";
            play.say({pause, bytes});
            all += bytes;
        }
        play.say({2s, "\r"});

        getty::NameQuestion question{{}};
        for (const char key : play.heard().keys) {
            (void)question.feed(key);
        }
        const auto* const name = std::get_if<getty::TypedName>(&question.answer());
        const std::string found = name != nullptr ? name->name : "";
        answered += play.heard().sizes.empty() ? 0U : 1U;
        if (found != typed) {
            ++wrong;
            example = all;
        }
    }
    CAPTURE(example);
    CHECK(wrong == 0);
    CHECK(answered > 10'000);
}

TEST_CASE("Terminal size: rubbish is no name, takes no room and ends") {
    std::mt19937 random{7};
    for (int count = 0; count < 20'000; ++count) {
        Play play;
        std::string rubbish = "\x1b";
        for (int length = 0; length < 60; ++length) {
            rubbish += static_cast<char>(random() & 0xffU);
        }
        play.say({0ms, rubbish});
        play.say({2s, "z"});
        CHECK(play.heard().keys.size() <= rubbish.size() + 1);
        CHECK(play.heard().keys.ends_with('z'));
        CHECK(play.heard().sizes.size() <= 1);
    }
    Play play;
    play.say({0ms, "a\x1b["});
    for (int count = 0; count < 100'000; ++count) {
        play.say({0ms, "1"});
    }
    play.say({2s, "n"});
    CHECK(play.heard().keys == "an");
}
