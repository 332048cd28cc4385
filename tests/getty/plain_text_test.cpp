#include "getty/plain_text.hpp"

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace std::string_view_literals;

TEST_CASE("plain text has no escape sequence, no bell and no shift") {
    struct Case {
        std::string_view text;
        std::string_view plain;
    };
    for (const Case& c : std::vector<Case>{
             {"", ""},
             {"Debian 12 \\ box\r\n\tlogin: ", "Debian 12 \\ box\r\n\tlogin: "},
             {"caf\xc3\xa9 \xe4\xb8\xad", "caf\xc3\xa9 \xe4\xb8\xad"},
             {"\x1b[1;31mred\x1b[0m text", "red text"},
             {"\x1b[?25h\x1b[H\x1b[J\x1b[3Jx", "x"},
             {"\x1b[ qx\x1b[[Ay", "xy"},
             {"\x1b(B\x1b)0\x1b%G\x1b#8x\x1b>y", "xy"},
             {"\x1b"
              "7\x1b"
              "8\x1b"
              "cx",
              "x"},
             {"\x1b]0;title\ax\x1b]0;title\x1b\\y", "xy"},
             {"\x1b]Rx\x1b]P0ffffffy", "xy"},
             {"\x1bPq#0\x1b\\x\x1b_a\x1b\\y", "xy"},
             // One that nobody ended takes the row with it, not what follows.
             {"\x1b]0;title\nx", "\nx"},
             {"\x1b[1;3\nx", "\nx"},
             {"\x1b[1;3\xc3\xa9", "\xc3\xa9"},
             {"\x1b\nx", "\nx"},
             {"x\x1b", "x"},
             {"x\x1b[", "x"},
             {"x\x1b]", "x"},
             {"\x1b\x1b[1mx", "x"},
             {"\x0e\x0f\a\b\0\x7f\fx"sv, "x"},
             {"\xc2\x9b"
              "1mx",
              "1mx"},
             {"\x9bx", "x"},
             // Another character set than UTF-8 is left alone.
             {"caf\xe9", "caf\xe9"},
         }) {
        CAPTURE(c.plain);
        CHECK(getty::plain_text(c.text) == c.plain);
    }
}

TEST_CASE("plain text has nothing that acts, whatever it was made of") {
    constexpr std::string_view bytes = "\x1b\x1b\x1b[[]]PR\\\a\n\r\t0;?~ m\x0e\x9b\xc2\xc3\xa9\0"sv;
    std::mt19937 random{2026};
    std::uniform_int_distribution<std::size_t> byte{0, bytes.size() - 1};
    unsigned bad = 0;
    for (int count = 0; count < 20'000; ++count) {
        std::string text;
        for (int size = 0; size < 16; ++size) {
            text += bytes[byte(random)];
        }
        const std::string plain = getty::plain_text(text);
        bad += plain.find_first_of("\x1b\a\x0e\0"sv) != plain.npos ? 1U : 0U;
        bad += plain.find("\xc2\x9b") != plain.npos ? 1U : 0U;
        bad += getty::plain_text(plain) != plain ? 1U : 0U;
    }
    CHECK(bad == 0);
}
