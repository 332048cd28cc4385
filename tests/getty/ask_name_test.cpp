#include "getty/ask_name.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

using getty::name_prompt;
using getty::NameQuestion;
using getty::NobodyThere;
using getty::Options;
using getty::RefusedName;
using getty::SpeedMismatch;
using getty::StillTyping;
using getty::TypedName;
using namespace std::string_view_literals;

namespace {

/// Where the question is to be drawn.
constexpr std::string_view prompt = "\x05";
static_assert(prompt.front() == getty::question_place);

std::string feed_all(NameQuestion& question, std::string_view keys) {
    std::string echo;
    for (const char key : keys) {
        echo += question.feed(key);
    }
    return echo;
}

std::string told(const getty::Answer& answer) {
    struct Teller {
        std::string operator()(const StillTyping&) const { return "still typing"; }
        std::string operator()(const TypedName& typed) const {
            return typed.name + (typed.typing.ending == getty::LineEnding::carriage_return
                                     ? " by CR"
                                     : " by LF");
        }
        std::string operator()(const SpeedMismatch&) const { return "other speed"; }
        std::string operator()(const NobodyThere&) const { return "nobody"; }
        std::string operator()(const RefusedName&) const { return "refused"; }
    };
    return std::visit(Teller{}, answer);
}

}  // namespace

TEST_CASE("the prompt is the host's short name, the whole, or none") {
    struct Case {
        Options options;
        std::string_view host;
        std::string_view expected;
    };
    const std::vector<Case> cases{
        {{}, "box", "box login: "},
        {{}, "box.example.org", "box login: "},
        {{.long_hostname = true}, "box.example.org", "box.example.org login: "},
        {{.long_hostname = true}, "box", "box login: "},
        {{.no_hostname = true}, "box.example.org", "login: "},
        {{.no_hostname = true, .long_hostname = true}, "box.example.org", "login: "},
        {{}, "bo\x1bx", "bo^[x login: "},
        {{}, "", " login: "},
    };
    for (const Case& c : cases) {
        CHECK(name_prompt(c.options, c.host) == c.expected);
    }
}

TEST_CASE("what is typed at the prompt is a name, a mismatch, nobody, or not yet anything") {
    struct Case {
        std::string_view keys;
        std::string_view answer;
        std::string shown;
    };
    const std::string again{prompt};
    const std::vector<Case> cases{
        {"", "still typing", ""},
        {"an", "still typing", "an"},
        {"ann\r", "ann by CR", "ann\r\n"},
        {"ann\n", "ann by LF", "ann\r\n"},
        {"anx\x7fn\r", "ann by CR", "anx\b \bn\r\n"},
        {"jos\xc3\xa9\r", "jos\xc3\xa9 by CR", "jos\xc3\xa9\r\n"},
        {"\x1b[Aann\r", "ann by CR", "ann\r\n"},
        // An empty line asks again.
        {"\r", "still typing", "\r\n" + again},
        {"\r\rann\r", "ann by CR", "\r\n" + again + "\r\n" + again + "ann\r\n"},
        {"an\x03"
         "bob\r",
         "bob by CR",
         "an^C\r\n" + again + "bob\r\n"},
        {"an\x0cn\r", "ann by CR", "an\r\n" + again + "ann\r\n"},
        {"\x04", "nobody", "\r\n"},
        {"a\x7f\x04", "nobody", "a\b \b\r\n"},
        {"\0"sv, "other speed", ""},
        {"an\0"sv, "other speed", "an"},
        {"an\0n\r"sv, "ann by CR", "ann\r\n"},
        {"an\0n"sv, "still typing", "ann"},
        // What no name can be.
        {"-froot\r", "refused", "-froot\r\n"},
        {"root -f\r", "refused", "root -f\r\n"},
        {"a\x01"
         "b\r",
         "refused",
         "a^Ab\r\n"},
        {"\xff\r", "refused", "\\xff\r\n"},
    };
    for (const Case& c : cases) {
        const Options options;
        NameQuestion question{options};
        CAPTURE(c.answer);
        CHECK(feed_all(question, c.keys) == c.shown);
        CHECK(told(question.answer()) == c.answer);
    }
}

TEST_CASE("a name of 256 bytes is taken, one byte more is refused, never cut") {
    const Options options;
    NameQuestion question{options};
    question.begin_anew();
    (void)feed_all(question, std::string(256, 'a') + "\r");
    CHECK(told(question.answer()) == std::string(256, 'a') + " by CR");
    question.begin_anew();
    (void)feed_all(question, std::string(257, 'a') + "\r");
    CHECK(told(question.answer()) == "refused");
    question.begin_anew();
    (void)feed_all(question, std::string(255, 'a') + "\xc3\xa9\r");
    CHECK(told(question.answer()) == "refused");
}

TEST_CASE("asking again forgets what was typed") {
    const Options options;
    NameQuestion question{options};
    question.begin_anew();
    (void)feed_all(question, "-froot\r");
    question.begin_anew();
    CHECK(told(question.answer()) == "still typing");
    CHECK(feed_all(question, "ann\r") == "ann\r\n");
    CHECK(told(question.answer()) == "ann by CR");
}

TEST_CASE("--erase-chars and --kill-chars are keys at the prompt") {
    const Options options{.erase_characters = "#", .kill_characters = "@"};
    NameQuestion question{options};
    question.begin_anew();
    (void)feed_all(question, "xyz@anx#n\r");
    CHECK(told(question.answer()) == "ann by CR");
}

TEST_CASE("the keys that corrected the name are told with it") {
    struct Case {
        std::string_view typed;
        getty::EditingKeys keys;
    };
    for (const Case& c : {Case{"ann\r", {}},
                          Case{"anx\bn\r", {.erase = '\b'}},
                          Case{"anx\x7fn\r", {.erase = 127}},
                          Case{"\bann\r", {.erase = '\b'}},
                          Case{"anxyz\b\x7f\bn\r", {.erase = '\b'}},
                          Case{"anx#n\r", {.erase = '#'}},
                          Case{"bob@ann\r", {.kill = '@'}},
                          Case{"bob@bob\x15"
                               "anx#n\r",
                               {.erase = '#'}}}) {
        CAPTURE(c.typed);
        NameQuestion question{{.erase_characters = "%#", .kill_characters = "@"}};
        question.begin_anew();
        (void)feed_all(question, c.typed);
        const auto* const name = std::get_if<TypedName>(&question.answer());
        REQUIRE(name != nullptr);
        CHECK(name->name == "ann");
        CHECK(name->typing.keys == c.keys);
    }
}
