#include "common/utf8.hpp"

#include "tests/utf8_locale.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

#include <wchar.h>

#include <doctest/doctest.h>

using namespace std::string_view_literals;

namespace {

struct DecodeCase {
    std::string_view text;
    char32_t code;
    std::size_t length;
    bool valid;
};

}  // namespace

TEST_CASE("UTF-8 is decoded character by character") {
    const std::vector<DecodeCase> cases{
        {"a", U'a', 1, true},
        {"ab", U'a', 1, true},
        {"\0x"sv, 0, 1, true},
        {"\x7f", 0x7F, 1, true},
        {"\xc2\x80", 0x80, 2, true},
        {"\xc3\xa9t", 0xE9, 2, true},
        {"\xdf\xbf", 0x7FF, 2, true},
        {"\xe0\xa0\x80", 0x800, 3, true},
        {"\xe2\x82\xac", 0x20AC, 3, true},
        {"\xed\x9f\xbf", 0xD7FF, 3, true},
        {"\xee\x80\x80", 0xE000, 3, true},
        {"\xef\xbf\xbf", 0xFFFF, 3, true},
        {"\xf0\x90\x80\x80", 0x10000, 4, true},
        {"\xf0\x9f\x98\x80", 0x1F600, 4, true},
        {"\xf4\x8f\xbf\xbf", 0x10FFFF, 4, true},
    };
    for (const DecodeCase& c : cases) {
        CAPTURE(c.text);
        const common::Decoded decoded = common::decode_utf8(c.text);
        CHECK(decoded.valid == c.valid);
        CHECK(decoded.code == c.code);
        CHECK(decoded.length == c.length);
    }
}

TEST_CASE("what is not UTF-8 is taken one byte at a time") {
    const std::vector<std::string_view> cases{
        "\x80",  // continues nothing
        "\xbf"
        "a",                 // the same
        "\xc0\x80",          // overlong NUL
        "\xc1\xbf",          // overlong DEL
        "\xe0\x80\x80",      // overlong
        "\xe0\x9f\xbf",      // overlong U+07FF
        "\xf0\x80\x80\x80",  // overlong
        "\xf0\x8f\xbf\xbf",  // overlong U+FFFF
        "\xed\xa0\x80",      // the first surrogate
        "\xed\xbf\xbf",      // the last one
        "\xf4\x90\x80\x80",  // above U+10FFFF
        "\xf5\x80\x80\x80",
        "\xf8\x88\x80\x80\x80",
        "\xfe",
        "\xff",
        "\xc3",          // too short
        "\xe2\x82",      // too short
        "\xf0\x9f\x98",  // too short
        "\xc3"
        "a",  // cut off by another
        "\xe2\x82"
        "a",
        "\xe2"
        "a\x82",
        "\xf0\x9f\x98\xc3",
    };
    for (const std::string_view text : cases) {
        CAPTURE(static_cast<unsigned>(static_cast<unsigned char>(text.front())));
        CAPTURE(text.size());
        const common::Decoded decoded = common::decode_utf8(text);
        CHECK_FALSE(decoded.valid);
        CHECK(decoded.length == 1);
        CHECK(decoded.code == static_cast<unsigned char>(text.front()));
    }
}

TEST_CASE("the first byte tells how long a character is") {
    for (unsigned byte = 0; byte < 256; ++byte) {
        CAPTURE(byte);
        const std::size_t expected = byte < 0x80                  ? 1
                                     : byte < 0xC2 || byte > 0xF4 ? 0
                                     : byte < 0xE0                ? 2
                                     : byte < 0xF0                ? 3
                                                                  : 4;
        CHECK(common::utf8_length(static_cast<char>(byte)) == expected);
        CHECK(common::continues_utf8(static_cast<char>(byte)) == (byte >= 0x80 && byte < 0xC0));
    }
}

TEST_CASE("characters take as many columns as a terminal gives them") {
    struct Case {
        char32_t code;
        int columns;
    };
    const std::vector<Case> cases{
        {U'a', 1},
        {0xE9, 1},
        {0x2FF, 1},
        {0x300, 0},
        {0x301, 0},
        {0x36F, 0},
        {0x370, 1},
        {0x20AC, 1},
        {0x200B, 0},
        {0x200D, 0},
        {0xFE0F, 0},
        {0x20DD, 0},
        {0x10FF, 1},
        {0x1100, 2},
        {0x115F, 2},
        // Vowels and finals of Hangul join what stands before them.
        {0x1160, 0},
        {0x11FF, 0},
        {0x1200, 1},
        {0xD7AF, 1},
        {0xD7B0, 0},
        {0xD7FB, 0},
        {0x3042, 2},
        {0x303E, 2},
        {0x303F, 1},
        {0x4E2D, 2},
        {0x4DC0, 1},
        {0xAC00, 2},
        {0xD7A3, 2},
        {0xFF01, 2},
        {0xFF61, 1},
        {0xFFE0, 2},
        {0x1F600, 2},
        {0x1F64F, 2},
        {0x1F650, 1},
        {0x20000, 2},
        {0x3FFFD, 2},
        {0x3FFFE, 1},
        {0xE0100, 0},
        {0x10FFFF, 1},
        {0x0416, 1},
        {0x05D0, 1},
        {0x0E31, 0},
        {0x0E33, 1},
        {0x2588, 1},
        // Letters among the Samaritan marks, a spacing vowel sign of Hanunoo.
        {0x0819, 0},
        {0x081A, 1},
        {0x081B, 0},
        {0x0824, 1},
        {0x0828, 1},
        {0x1734, 1},
        // A sign that goes round a number is seen.
        {0x0600, 1},
        {0x06DD, 1},
        {0x070F, 1},
        {0x110BD, 1},
        // Marks of scripts far apart, each between letters or vowels that are seen.
        {0x07FC, 1},
        {0x07FD, 0},
        {0x07FE, 1},
        {0x1037, 0},
        {0x1038, 1},
        {0x103D, 0},
        {0x103F, 1},
        {0x1A17, 0},
        {0x1A19, 1},
        {0x1B34, 0},
        {0x1B35, 1},
        {0x1C2C, 0},
        {0x1CDA, 0},
        {0xA806, 0},
        {0xA8C4, 0},
        {0xA982, 0},
        {0xAAB0, 0},
        {0xABED, 0},
        {0x101FD, 0},
        {0x10A3F, 0},
        {0x11001, 0},
        {0x11038, 0},
        {0x11047, 1},
        {0x11366, 0},
        {0x16AF0, 0},
        {0x16FE4, 0},
        {0x1BC9D, 0},
        {0x1D166, 1},
        {0x1D173, 0},
        {0x1DA00, 0},
        {0x1E94A, 0},
        // A letter of Unicode 15 and its mark.
        {0x11F02, 1},
        {0x11F00, 0},
        // A skin tone alone is a patch of colour, two wide.
        {0x1F3FA, 2},
        {0x1F3FB, 2},
        {0x1F3FF, 2},
    };
    for (const Case& c : cases) {
        CAPTURE(static_cast<std::uint32_t>(c.code));
        CHECK(common::display_width(c.code) == c.columns);
    }
}

TEST_CASE("no character is taken for wider than the C library has it") {
    // Erasing one would go left of the prompt.
    const tests::Utf8Locale judge;
    constexpr char32_t last = 0x10FFFF;
    unsigned known = 0;
    for (char32_t code = 0x20; code <= last; ++code) {
        const int columns = ::wcwidth(static_cast<wchar_t>(code));
        if (columns < 0 || common::is_hidden_control(code)) {
            continue;
        }
        ++known;
        CAPTURE(static_cast<std::uint32_t>(code));
        if (common::display_width(code) > columns) {
            CHECK(common::display_width(code) == columns);
        }
    }
    CHECK(known > 200'000);
}

TEST_CASE("characters that change how a line looks are known") {
    struct Range {
        char32_t first;
        char32_t last;
    };
    const std::vector<Range> hidden{{0x80, 0x9F},
                                    {0x61C, 0x61C},
                                    {0x200E, 0x200F},
                                    {0x2028, 0x202E},
                                    {0x2066, 0x2069},
                                    {0xFEFF, 0xFEFF},
                                    {0xFFF9, 0xFFFB},
                                    {0xE0000, 0xE007F}};
    for (const Range& range : hidden) {
        CAPTURE(static_cast<std::uint32_t>(range.first));
        CHECK(common::is_hidden_control(range.first));
        CHECK(common::is_hidden_control(range.last));
        CHECK_FALSE(common::is_hidden_control(range.first - 1));
        CHECK_FALSE(common::is_hidden_control(range.last + 1));
    }
    for (const char32_t code :
         {char32_t{'a'}, char32_t{0xE9}, char32_t{0x301}, char32_t{0x1F600}}) {
        CHECK_FALSE(common::is_hidden_control(code));
    }
}
