#include "getty/reader_messages.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

using getty::NameFault;
using getty::NobodyThere;
using getty::packed;
using getty::ReaderReply;
using getty::ReaderRequest;
using getty::RefusedName;
using getty::reply_in;
using getty::SpeedChange;
using getty::TypedName;
using namespace std::chrono_literals;

namespace {

ReaderReply reply_with_name(std::string name, getty::NameTyping typing = {}) {
    return {.answer = TypedName{.name = std::move(name), .typing = typing}};
}

}  // namespace

TEST_CASE("a request arrives as it was sent") {
    const ReaderRequest sent{.kind = ReaderRequest::Kind::time,
                             .begins_anew = true,
                             .ends_with_name = true,
                             .now = std::chrono::steady_clock::time_point{5s},
                             .bytes = "a\r"};
    const std::string message = packed(sent);
    const auto read = getty::request_in(message);
    REQUIRE(read);
    CHECK(read->kind == sent.kind);
    CHECK(read->begins_anew);
    CHECK_FALSE(read->after_gap);
    CHECK(read->ends_with_name);
    CHECK(read->now == sent.now);
    CHECK(read->bytes == "a\r");
    CHECK_FALSE(getty::request_in("x"));
    CHECK_FALSE(getty::request_in(message + std::string(ReaderRequest::most_bytes, 'x')));
}

TEST_CASE("a reply arrives as it was sent") {
    const ReaderReply sent{.output = "a\r\n\b\x05\x11\x12",
                           .typed = "j\xc3\xb6rg",
                           .has_typed_text = true,
                           .goes_on = true,
                           .has_more = true,
                           .speed = SpeedChange::first,
                           .answer = RefusedName{NameFault::has_other_characters},
                           .size = getty::TerminalSize{.rows = 24, .columns = 1000},
                           .wakes_in = 1000ms,
                           .lacks = 2};
    const auto read = reply_in(packed(sent), {});
    REQUIRE(read);
    CHECK(read->output == sent.output);
    CHECK(read->typed == sent.typed);
    CHECK(read->has_typed_text);
    CHECK(read->goes_on);
    CHECK(read->has_more);
    CHECK(read->speed == SpeedChange::first);
    REQUIRE(std::holds_alternative<RefusedName>(read->answer));
    CHECK(std::get<RefusedName>(read->answer).fault == NameFault::has_other_characters);
    CHECK(read->size == sent.size);
    CHECK(read->wakes_in == sent.wakes_in);
    CHECK(read->lacks == 2);
    const auto nobody = reply_in(packed(ReaderReply{.answer = NobodyThere{}}), {});
    REQUIRE(nobody);
    CHECK(std::holds_alternative<NobodyThere>(nobody->answer));
    const getty::NameTyping typing{.ending = getty::LineEnding::newline,
                                   .letters = getty::LetterCase::capitals_only,
                                   .keys = {.erase = '#', .kill = '@'},
                                   .parity = getty::Parity::odd};
    const auto named = reply_in(packed(reply_with_name("ann", typing)),
                                {.detect_case = true,
                                 .detect_parity = true,
                                 .erase_characters = "#",
                                 .kill_characters = "@"});
    REQUIRE(named);
    REQUIRE(std::holds_alternative<TypedName>(named->answer));
    CHECK(std::get<TypedName>(named->answer).name == "ann");
    CHECK(std::get<TypedName>(named->answer).typing == typing);
}

TEST_CASE("T-04 what no reader can have to say is refused whole") {
    struct Case {
        std::string_view what;
        ReaderReply reply;
    };
    const std::vector<Case> cases{
        {"an option for a name", reply_with_name("-froot")},
        {"two words", reply_with_name("root x")},
        {"a control in a name", reply_with_name("ro\rot")},
        {"a long name", reply_with_name(std::string(257, 'a'))},
        {"a name that is none", reply_with_name("")},
        {"an escape sequence", {.output = "\x1b[2J"}},
        {"a control", {.output = "\a"}},
        {"C1",
         {.output = "\xc2\x9b"
                    "2J"}},
        {"a bidirectional control", {.output = "\xe2\x80\xae"}},
        {"no UTF-8", {.output = "\xff"}},
        {"a NUL", {.output = std::string(1, '\0')}},
        {"DEL", {.output = "\x7f"}},
        {"too much to show", {.output = std::string(ReaderReply::most_output + 1, 'a')}},
        {"what was typed acts", {.typed = "\b"}},
        {"a question in what was typed", {.typed = "\x05"}},
        {"too much typed", {.typed = std::string(ReaderReply::most_typed + 1, 'a')}},
        {"rows without end", {.size = getty::TerminalSize{.rows = 1001, .columns = 80}}},
        {"no columns", {.size = getty::TerminalSize{.rows = 24, .columns = 0}}},
        {"a long sleep", {.wakes_in = 1001ms}},
        {"a key nobody has", reply_with_name("ann", {.keys = {.erase = 'x'}})},
        {"another key nobody has", reply_with_name("ann", {.keys = {.kill = '\r'}})},
        {"capitals nobody asked for",
         reply_with_name("ann", {.letters = getty::LetterCase::capitals_only})},
        {"parity nobody asked for", reply_with_name("ann", {.parity = getty::Parity::even})},
        {"a lack nobody knows", {.lacks = 8}},
    };
    for (const Case& c : cases) {
        CAPTURE(c.what);
        CHECK_FALSE(reply_in(packed(c.reply), {}));
    }
    const std::string good = packed(reply_with_name("ann"));
    REQUIRE(reply_in(good, {}));
    CHECK_FALSE(reply_in(good + "x", {}));
    CHECK_FALSE(reply_in(good.substr(0, good.size() - 1), {}));
    CHECK_FALSE(reply_in("", {}));
}
