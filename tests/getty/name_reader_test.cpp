#include "getty/name_reader.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

using getty::NameReader;
using getty::Options;
using getty::Probing;
using getty::ReaderReply;
using getty::ReaderRequest;
using getty::SpeedChange;
using getty::TypedName;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

using Kind = ReaderRequest::Kind;
using Time = std::chrono::steady_clock::time_point;

constexpr Time begin{1h};

/// What it has to say to bytes that come as a line sends them: batch by batch.
struct Talk {
    NameReader reader;
    Time now = begin;

    explicit Talk(const Options& options = {}, Probing probing = Probing::not_wanted)
        : reader(options, probing, {}) {}

    ReaderReply say(std::string_view bytes) {
        ReaderReply last;
        std::string output;
        while (!bytes.empty()) {
            std::size_t size = 1;
            while (size < bytes.size() && size < ReaderRequest::most_bytes &&
                   !getty::ends_batch(bytes[size - 1])) {
                ++size;
            }
            last = reader.take({.now = now, .bytes = bytes.substr(0, size)});
            output += last.output;
            bytes.remove_prefix(size);
        }
        last.output = output;
        return last;
    }
};

std::string name_in(const ReaderReply& reply) {
    const auto* const typed = std::get_if<TypedName>(&reply.answer);
    return typed != nullptr ? typed->name : "";
}

}  // namespace

TEST_CASE("every byte that may finish a name ends a batch, whatever its parity") {
    for (const char byte : "\r\n\x04\0\x7f\xff\x8d\x8a\x84\x80"sv) {
        CHECK(getty::ends_batch(byte));
    }
    for (const char byte : "anZ09#@~ "sv) {
        CHECK_FALSE(getty::ends_batch(byte));
    }
}

TEST_CASE("a reader says what to show, what stands there, and the name") {
    Talk talk;
    ReaderReply reply = talk.say("an");
    CHECK(reply.output == "an");
    CHECK(reply.typed == "an");
    CHECK(reply.has_typed_text);
    CHECK(name_in(reply).empty());
    CHECK(talk.say("\x0c").output ==
          "\r\n\x05"
          "an");
    CHECK(talk.say("\x15").output == "\b \b\b \b");
    reply = talk.say("bob\r");
    CHECK(reply.output == "bob\r\n");
    CHECK(name_in(reply) == "bob");
    CHECK_FALSE(reply.goes_on);
}

TEST_CASE("a hidden name has been typed though nothing is shown") {
    Talk talk{{.hide_name = true}};
    const ReaderReply reply = talk.say("ann");
    CHECK(reply.output.empty());
    CHECK(reply.typed.empty());
    CHECK(reply.has_typed_text);
}

TEST_CASE("the other half of a line's end is no empty line") {
    Talk talk;
    CHECK(talk.say("\r\n").output == "\r\n\x05");
    talk.now += 1s;
    CHECK(talk.say("\n").output == "\r\n\x05");
    getty::LineEnds ends;
    CHECK_FALSE(ends.is_second_half('\r', begin));
    NameReader after{{}, Probing::not_wanted, ends};
    CHECK(after.take({.now = begin, .bytes = "\n"}).output.empty());
}

TEST_CASE("BREAKs and damage ask for another speed by the policy") {
    Talk cycle;
    CHECK(cycle.say("\xff\0\0"sv).speed == SpeedChange::next);
    CHECK(cycle.say("\0"sv).speed == SpeedChange::next);
    for (int i = 1; i < getty::NoiseJudge::damage_that_counts; ++i) {
        CHECK(cycle.say("\xff\0x"sv).speed == SpeedChange::stay);
    }
    CHECK(cycle.say("\xff\0x"sv).speed == SpeedChange::next);
    Talk reset{{.break_policy = getty::BreakPolicy::reset}};
    CHECK(reset.say("\0"sv).speed == SpeedChange::first);
    Talk ignore{{.break_policy = getty::BreakPolicy::ignore}};
    CHECK(ignore.say("an\0n\r"sv).speed == SpeedChange::stay);
}

TEST_CASE("after a gap half a mark is forgotten, what was typed is not") {
    Talk talk;
    (void)talk.say("an\xff");
    const ReaderReply reply = talk.reader.take({.after_gap = true, .now = begin, .bytes = "n\r"});
    CHECK(name_in(reply) == "ann");
    const ReaderReply anew = talk.reader.take({.begins_anew = true, .now = begin, .bytes = "b\r"});
    CHECK(name_in(anew) == "b");
}

TEST_CASE("a terminal is asked, its answer is no key, and Return waits for it") {
    Talk talk{{}, Probing::wanted};
    ReaderReply reply = talk.say("ann\r");
    CHECK(reply.output == "a\x11nn");
    CHECK(name_in(reply).empty());
    REQUIRE(reply.wakes_in);
    CHECK(*reply.wakes_in == 100ms);
    reply = talk.say("\x1b[8;24;80t");
    CHECK(reply.size == getty::TerminalSize{.rows = 24, .columns = 80});
    CHECK(name_in(reply) == "ann");
    CHECK_FALSE(reply.wakes_in);
}

TEST_CASE("a terminal that says nothing is asked the other way, then Return counts") {
    Talk talk{{}, Probing::wanted};
    CHECK(talk.reader.take({.kind = Kind::begin_probe, .now = begin}).output == "\x11");
    (void)talk.say("ann\rx\r");
    ReaderReply reply = talk.reader.take({.kind = Kind::time, .now = begin + 100ms});
    CHECK(reply.output == "\x12");
    reply = talk.reader.take({.kind = Kind::time, .now = begin + 200ms});
    CHECK(name_in(reply).empty());
    reply = talk.reader.take({.kind = Kind::time, .now = begin + 1100ms});
    CHECK(name_in(reply) == "ann");
    // Typed while nobody knew: not looked at until getty says so.
    CHECK(reply.goes_on);
    CHECK(reply.has_more);
    reply = talk.reader.take({.kind = Kind::go_on, .begins_anew = true, .now = begin + 1100ms});
    CHECK(name_in(reply) == "x");
    CHECK_FALSE(reply.goes_on);
}

TEST_CASE("keys that were held while nobody listens are forgotten") {
    Talk talk{{}, Probing::wanted};
    (void)talk.say("ann\r");
    (void)talk.reader.take({.kind = Kind::time, .now = begin + 100ms});
    (void)talk.reader.take({.kind = Kind::time, .now = begin + 200ms});
    const ReaderReply reply =
        talk.reader.take({.kind = Kind::time, .after_gap = true, .now = begin + 1200ms});
    CHECK_FALSE(reply.goes_on);
}

TEST_CASE("--detect-parity: what a terminal puts in the eighth bit is told with the name") {
    Talk talk{{.detect_parity = true}};
    // Even parity: a, n have three and five bits, CR three.
    const ReaderReply reply = talk.say("\xe1\xee\xee\x8d");
    REQUIRE(name_in(reply) == "ann");
    CHECK(std::get<TypedName>(reply.answer).typing.parity == getty::Parity::even);
}
