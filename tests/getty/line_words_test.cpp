#include "getty/line_words.hpp"

#include "common/program.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using getty::LineWord;
using getty::read_line_words;

TEST_CASE("--lines takes names, globs and @console, with commas between") {
    using Kind = LineWord::Kind;
    CHECK(read_line_words("tty1") == std::vector<LineWord>{{Kind::name, "tty1"}});
    CHECK(read_line_words("tty1,/dev/ttyS0,ttyUSB*,@console,/run/lines/[ab]") ==
          std::vector<LineWord>{{Kind::name, "tty1"},
                                {Kind::name, "ttyS0"},
                                {Kind::pattern, "ttyUSB*"},
                                {Kind::consoles, ""},
                                {Kind::pattern, "/run/lines/[ab]"}});
    CHECK(read_line_words("pts/*") == std::vector<LineWord>{{Kind::pattern, "pts/*"}});
}

TEST_CASE("--lines refuses what names no line, or could name any") {
    for (const char* const bad : {"",
                                  ",",
                                  "tty1,",
                                  ",tty1",
                                  "-",
                                  "tty1,-",
                                  "@consoles",
                                  "../etc/x",
                                  "pts/../*",
                                  "*/tty1"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(static_cast<void>(read_line_words(bad)), common::UsageError);
    }
}
