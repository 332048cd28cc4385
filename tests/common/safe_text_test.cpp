#include "common/safe_text.hpp"

#include "common/utf8.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace std::string_view_literals;

namespace {

struct Case {
    std::string_view untrusted;
    std::string_view expected;
};

/// Whole UTF-8 without anything that acts on a terminal.
bool is_printable(std::string_view text) {
    while (!text.empty()) {
        const common::Decoded decoded = common::decode_utf8(text);
        if (!decoded.valid || decoded.code < 0x20 || decoded.code == 0x7F ||
            common::is_hidden_control(decoded.code)) {
            return false;
        }
        text.remove_prefix(decoded.length);
    }
    return true;
}

/// One double-quoted field in which only the quotes at its ends are any, and
/// nothing separates fields.
bool is_one_field(std::string_view value) {
    return value.size() >= 2 && value.front() == '"' && value.back() == '"' &&
           value.substr(1, value.size() - 2).find_first_of("\"= ") == value.npos;
}

}  // namespace

TEST_CASE("untrusted text becomes printable") {
    const std::vector<Case> cases{
        {"", ""},
        {"ann", "ann"},
        {"Jos\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80", "Jos\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80"},
        {"a\\b^c", "a\\b^c"},
        {"\0"sv, "^@"},
        {"\x01\x1b[2J\x1f", "^A^[[2J^_"},
        {"one\ntwo\r\tthree", "one^Jtwo^M^Ithree"},
        {"\x7f", "^?"},
        {"\xc2\x9b"
         "31m",
         "\\xc2\\x9b31m"},
        {"\x9b"
         "31m",
         "\\x9b31m"},
        {"\xe2\x80\xae"
         "evil",
         "\\xe2\\x80\\xae"
         "evil"},
        {"\xe2\x81\xa6", "\\xe2\\x81\\xa6"},
        {"\xe2\x80\xa8", "\\xe2\\x80\\xa8"},
        {"\xef\xbb\xbf", "\\xef\\xbb\\xbf"},
        {"\xc0\x8a", "\\xc0\\x8a"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
        {"\xff\xfe", "\\xff\\xfe"},
        {"caf\xe9 x", "caf\\xe9 x"},
        {"\xe2\x82", "\\xe2\\x82"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.expected);
        CHECK(common::safe_text(c.untrusted) == c.expected);
        CHECK(common::safe_text(c.expected) == c.expected);
    }
}

TEST_CASE("a message of several lines keeps newlines and tabs, and only those") {
    CHECK(common::safe_text("a\n\tb\r\v\f\x1b", common::LineBreaks::kept) == "a\n\tb^M^K^L^[");
    CHECK(common::safe_text("\xc2\x85\xe2\x80\xa9", common::LineBreaks::kept) ==
          "\\xc2\\x85\\xe2\\x80\\xa9");
}

TEST_CASE("T-11: every pair of bytes comes out printable and bounded") {
    unsigned bad = 0;
    for (unsigned first = 0; first < 256; ++first) {
        for (unsigned second = 0; second < 256; ++second) {
            const std::string pair{static_cast<char>(first), static_cast<char>(second)};
            const std::string shown = common::safe_text(pair);
            const std::string value = common::quoted(pair);
            const bool good = is_printable(shown) && !shown.empty() && shown.size() <= 8 &&
                              is_printable(value) && is_one_field(value) && value.size() <= 10;
            bad += good ? 0U : 1U;
        }
    }
    CHECK(bad == 0);
}

TEST_CASE("T-11: a million random bytes come out printable and bounded") {
    std::mt19937 random{11};
    std::uniform_int_distribution<int> byte{0, 255};
    std::uniform_int_distribution<std::size_t> length{0, 40};
    unsigned bad = 0;
    for (std::size_t fed = 0; fed < 1'000'000;) {
        std::string text(length(random), '\0');
        std::generate(text.begin(), text.end(), [&] { return static_cast<char>(byte(random)); });
        fed += text.size() + 1;
        const std::string shown = common::safe_text(text);
        const std::string value = common::quoted(text, 64);
        const bool good = is_printable(shown) && shown.size() <= 4 * text.size() &&
                          is_printable(value) && is_one_field(value) && value.size() <= 64 + 4;
        bad += good ? 0U : 1U;
    }
    CHECK(bad == 0);
}

TEST_CASE("T-12: a quoted value cannot end or forge a field of a log line") {
    const std::vector<Case> cases{
        {"", R"("")"},
        {"ann", R"("ann")"},
        {"Jos\xc3\xa9", "\"Jos\xc3\xa9\""},
        {"a b", R"("a\x20b")"},
        {"a=b", R"("a\x3db")"},
        {R"(a"b)", R"("a\x22b")"},
        {R"(a\b)", R"("a\x5cb")"},
        {R"(" uid=0 x=")", R"("\x22\x20uid\x3d0\x20x\x3d\x22")"},
        {"a\nb", R"("a\x0ab")"},
        {"\0\x1b\x7f"sv, R"("\x00\x1b\x7f")"},
        {"\xe2\x80\xae", R"("\xe2\x80\xae")"},
        {"\xff", R"("\xff")"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.expected);
        CHECK(common::quoted(c.untrusted) == c.expected);
    }
}

TEST_CASE("a quoted value is cut between characters, and says so") {
    CHECK(common::quoted("abcdefgh", 12) == "\"abcdefgh\"");
    CHECK(common::quoted("abcdefghi", 12) == "\"abcdefgh...\"");
    CHECK(common::quoted("abcd\xc3\xa9"
                         "f",
                         12) == "\"abcd...\"");
    // A name of the longest kind is shown whole, and a log line has room for it.
    CHECK(common::quoted(std::string(256, 'n')) == "\"" + std::string(256, 'n') + "\"");
    CHECK(common::quoted(std::string(100'000, '\n')).size() <= 324);
    CHECK(common::quoted("a", 0) == "\"...\"");
}
