#include "getty/table_text.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace std::string_view_literals;

TEST_CASE("lines are numbered from 1 and lose their ends") {
    const auto lines = getty::lines_of("one\ntwo\r\n\nfour");
    REQUIRE(lines.size() == 4);
    CHECK(lines[0].number == 1);
    CHECK(lines[0].text == "one");
    CHECK(lines[1].text == "two");
    CHECK(lines[2].text.empty());
    CHECK(lines[3].number == 4);
    CHECK(lines[3].text == "four");
    CHECK(getty::lines_of("").empty());
    CHECK(getty::lines_of("\n").size() == 1);
}

TEST_CASE("joined lines know where each byte came from") {
    getty::JoinedLines joined;
    CHECK(joined.empty());
    joined.append({.number = 7, .text = "ab\\"});
    joined.drop_last();
    joined.append({.number = 8, .text = "cd"});
    CHECK(joined.text() == "abcd");
    CHECK(joined.first_line() == 7);
    CHECK(joined.line_at(0) == 7);
    CHECK(joined.line_at(1) == 7);
    CHECK(joined.line_at(2) == 8);
    CHECK(joined.line_at(99) == 8);
}

TEST_CASE("words stand between blanks") {
    CHECK(getty::words_of(" a\tbc \n d") == std::vector<std::string_view>{"a", "bc", "d"});
    CHECK(getty::words_of("  ").empty());
    CHECK(getty::trimmed(" \ta b\r\n") == "a b");
    CHECK(getty::trimmed(" \t").empty());
}

TEST_CASE("octal digits are taken three at a time, as one byte") {
    struct Case {
        std::string_view text;
        int value;  ///< -1: none
        std::string_view rest;
    };
    const std::vector<Case> cases{
        {"072x", ':', "x"},
        {"1234", 'S', "4"},
        {"7", 7, ""},
        {"8", -1, "8"},
        {"", -1, ""},
        {"777", 0xFF, ""},
        {"0", 0, ""},
        {"19", 1, "9"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        std::string_view rest = c.text;
        const auto byte = getty::take_octal(rest);
        CHECK((byte ? static_cast<int>(static_cast<unsigned char>(*byte)) : -1) == c.value);
        CHECK(rest == c.rest);
    }
}

TEST_CASE("numbers are those of C") {
    struct Case {
        std::string_view text;
        long long value;  ///< -1: none
    };
    const std::vector<Case> cases{
        {"0", 0},
        {"10", 10},
        {"010", 8},
        {"0x10", 16},
        {"0XfF", 255},
        {"4294967295", 0xFFFFFFFF},
        {"4294967296", -1},
        {"", -1},
        {"08", -1},
        {"-1", -1},
        {"+1", -1},
        {"0x", -1},
        {"1 ", -1},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const auto value = getty::read_c_number(c.text);
        CHECK((value ? static_cast<long long>(*value) : -1) == c.value);
    }
}

TEST_CASE("quoted text is harmless and short") {
    CHECK(getty::in_quotes("a b") == "\"a b\"");
    CHECK(getty::in_quotes("\x1b[H") == "\"^[[H\"");
    CHECK(getty::in_quotes(std::string(100, 'x')).size() == 65);
}
