#include "common/line_editor.hpp"

#include "common/safe_text.hpp"
#include "common/utf8.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace std::string_literals;
using namespace std::string_view_literals;
using common::Echo;
using common::EditRules;
using common::LineEditor;
using common::LineState;
using common::NulByte;

namespace {

constexpr std::string_view rub = "\b \b";

std::string rubs(std::size_t columns) {
    std::string echo;
    for (; columns > 0; --columns) {
        echo += rub;
    }
    return echo;
}

std::string feed_all(LineEditor& editor, std::string_view keys) {
    std::string echo;
    for (const char key : keys) {
        echo += editor.feed(key);
    }
    return echo;
}

std::size_t columns_of(std::string_view printable) {
    std::size_t columns = 0;
    while (!printable.empty()) {
        const common::Decoded decoded = common::decode_utf8(printable);
        columns += static_cast<std::size_t>(common::display_width(decoded.code));
        printable.remove_prefix(decoded.length);
    }
    return columns;
}

/// One row of a terminal, endlessly wide, beginning behind the prompt.
class Row {
  public:
    /// False for anything that a line may not do to a terminal.
    bool show(std::string_view echo) {
        while (!echo.empty()) {
            const common::Decoded decoded = common::decode_utf8(echo);
            if (echo.starts_with("\r\n")) {
                *this = {};
                echo.remove_prefix(2);
                continue;
            }
            if (decoded.code == '\b') {
                if (cursor_ == 0) {
                    return false;
                }
                --cursor_;
            } else if (!decoded.valid || decoded.code < ' ' || decoded.code == 0x7F ||
                       common::is_hidden_control(decoded.code)) {
                return false;
            } else {
                put(decoded.code);
            }
            echo.remove_prefix(decoded.length);
        }
        return true;
    }
    [[nodiscard]] std::size_t cursor() const { return cursor_; }
    [[nodiscard]] bool is_blank_from_cursor() const {
        return std::all_of(
            cells_.begin() + static_cast<std::ptrdiff_t>(std::min(cursor_, cells_.size())),
            cells_.end(),
            [](char32_t cell) { return cell == U' '; });
    }

  private:
    void put(char32_t code) {
        for (int columns = common::display_width(code); columns > 0; --columns) {
            cells_.resize(std::max(cells_.size(), cursor_ + 1), U' ');
            cells_[cursor_++] = code;
        }
    }

    std::vector<char32_t> cells_;
    std::size_t cursor_ = 0;
};

struct Typed {
    std::string_view keys;
    std::string_view text;
    std::string echo;
    LineState state = LineState::typing;
};

void check_typed(const std::vector<Typed>& cases, const EditRules& rules = {}) {
    for (const Typed& c : cases) {
        std::array<char, 64> storage{};
        LineEditor editor{storage, rules};
        CAPTURE(common::safe_text(c.keys));
        const std::string echo = feed_all(editor, c.keys);
        CHECK(echo == c.echo);
        CHECK(editor.text() == c.text);
        CHECK(editor.state() == c.state);
    }
}

}  // namespace

TEST_CASE("a line is typed, shown and finished") {
    check_typed({
        {"", "", ""},
        {"ann", "ann", "ann"},
        {"ann\r", "ann", "ann\r\n", LineState::finished},
        {"ann\n", "ann", "ann\r\n", LineState::finished},
        {"\r", "", "\r\n", LineState::finished},
        {"a\tb", "a\tb", "a^Ib"},
        {"a\x01\x7f", "a", "a^A" + rubs(2)},
        {"caf\xe9 ", "caf\xe9 ", "caf\\xe9 "},
        {"\xe2\x80\xae", "\xe2\x80\xae", "\\xe2\\x80\\xae"},
    });
}

TEST_CASE("the key that ended the line is remembered") {
    std::array<char, 8> storage{};
    LineEditor editor{storage};
    feed_all(editor, "a\r");
    CHECK(editor.ended_with_carriage_return());
    editor.restart();
    feed_all(editor, "a\n");
    CHECK_FALSE(editor.ended_with_carriage_return());
}

TEST_CASE("the second half of a line end before is no line, where it may come") {
    struct Case {
        std::string_view keys;
        std::string_view text;
        LineState state;
    };
    constexpr auto cases = std::to_array<Case>({
        {"\n", "", LineState::typing},
        {"\nab\n", "ab", LineState::finished},
        {"\n\n", "", LineState::finished},
        {"\r", "", LineState::finished},
        {"a\n", "a", LineState::finished},
        {"\x7f\n", "", LineState::finished},
        {"\x1b[A\n", "", LineState::finished},
    });
    for (const Case& c : cases) {
        CAPTURE(c.keys);
        std::array<char, 8> storage{};
        LineEditor editor{storage};
        editor.expect_second_half();
        feed_all(editor, c.keys);
        CHECK(editor.text() == c.text);
        CHECK(editor.state() == c.state);
    }
}

TEST_CASE("nothing of a character is shown before it is whole") {
    std::array<char, 8> storage{};
    LineEditor editor{storage};
    CHECK(editor.feed('\xe2').empty());
    CHECK(editor.feed('\x82').empty());
    CHECK(editor.shown().empty());
    CHECK(editor.feed('\xac') == "\xe2\x82\xac");
    CHECK(editor.shown() == "\xe2\x82\xac");
}

TEST_CASE("erasing takes back whole characters by their columns") {
    check_typed({
        {"\x7f", "", ""},
        {"\b", "", ""},
        {"ab\x7f", "a", "ab" + rubs(1)},
        {"ab\b\b\b", "", "ab" + rubs(2)},
        {"\xc3\xa9\x7f", "", "\xc3\xa9" + rubs(1)},
        {"a\xe4\xb8\xad\x7f", "a", "a\xe4\xb8\xad" + rubs(2)},
        {"\xf0\x9f\x98\x80\x7f", "", "\xf0\x9f\x98\x80" + rubs(2)},
        // A combining accent goes with its letter.
        {"e\xcc\x81\x7f", "", "e\xcc\x81" + rubs(1)},
        {"xe\xcc\x81\xcc\xa3\x7f", "x", "xe\xcc\x81\xcc\xa3" + rubs(1)},
        {"\xcc\x81\x7f", "", "\xcc\x81"},
        // What is shown in another form goes in that form.
        {"a\x01\x7f", "a", "a^A" + rubs(2)},
        {"\xff\x7f", "", "\\xff" + rubs(4)},
        {"\xe2\x80\xae\x7f", "", "\\xe2\\x80\\xae" + rubs(12)},
        // An unfinished character was never shown.
        {"a\xc3\x7f", "a", "a"},
        {"a\xe2\x82\x7f"
         "b",
         "ab",
         "ab"},
        {"a\xe2\x82"
         "b",
         "a\xe2\x82"
         "b",
         "a\\xe2\\x82"
         "b"},
        {"a\xe2\x82"
         "b\x7f\x7f\x7f",
         "a",
         "a\\xe2\\x82"
         "b" +
             rubs(9)},
    });
}

TEST_CASE("a byte that completes a character shown as broken mends what is shown") {
    check_typed({
        {"\xc3x\x7f\xa9", "\xc3\xa9", "\\xc3x" + rubs(1) + rubs(4) + "\xc3\xa9"},
        {"\xc3x\x7f\xa9\x7f", "", "\\xc3x" + rubs(1) + rubs(4) + "\xc3\xa9" + rubs(1)},
    });
}

TEST_CASE("words and lines are erased by their keys") {
    check_typed({
        {"\x17", "", ""},
        {"one two\x17", "one ", "one two" + rubs(3)},
        {"one two  \x17", "one ", "one two  " + rubs(5)},
        {"one two\x17\x17", "", "one two" + rubs(7)},
        {"a \xe4\xb8\xad\xc3\xa9\x17", "a ", "a \xe4\xb8\xad\xc3\xa9" + rubs(3)},
        {"\x15", "", ""},
        {"one \xe4\xb8\xad\x15", "", "one \xe4\xb8\xad" + rubs(6)},
        {"one\x15two", "two", "one" + rubs(3) + "two"},
    });
}

TEST_CASE("^C drops the line, ^L keeps it, ^D leaves when it is empty") {
    check_typed({
        {"ann\x03", "", "ann^C\r\n", LineState::interrupted},
        {"\x03", "", "^C\r\n", LineState::interrupted},
        {"ann\x0c", "ann", "ann", LineState::redraw},
        {"\x04", "", "", LineState::end_of_file},
        {"a\x7f\x04", "", "a" + rubs(1), LineState::end_of_file},
        {"a\x04", "a\x04", "a^D"},
    });
}

TEST_CASE("after ^L the same line is typed on") {
    std::array<char, 16> storage{};
    LineEditor editor{storage};
    feed_all(editor, "an\x0c");
    CHECK(editor.shown() == "an");
    editor.go_on();
    CHECK(editor.state() == LineState::typing);
    CHECK(feed_all(editor, "n\r") == "n\r\n");
    CHECK(editor.text() == "ann");
}

TEST_CASE("^L in the middle of a character shows what was shown") {
    std::array<char, 16> storage{};
    LineEditor editor{storage};
    feed_all(editor, "a\xc3\x0c");
    CHECK(editor.shown() == "a");
    editor.go_on();
    CHECK(editor.feed('\xa9') == "\xc3\xa9");
}

TEST_CASE("NUL breaks off a name and spoils a password") {
    check_typed({{"an\0"sv, "an", "an", LineState::line_break}});
    const EditRules password{.echo = Echo::hidden, .nul = NulByte::spoils};
    check_typed(
        {
            {"\0"sv, "", ""},
            {"pass\0word\r"sv, "", "\r\n", LineState::spoilt},
            {"\0\r"sv, "", "\r\n", LineState::spoilt},
            {"pa\0\x7f\x7fss\r"sv, "", "\r\n", LineState::spoilt},
            {"pa\0ss\x15word\r"sv, "word", "\r\n", LineState::finished},
        },
        password);
}

TEST_CASE("after a BREAK that means nothing the line is as it was") {
    std::array<char, 16> storage{};
    LineEditor editor{storage};
    feed_all(editor, "an\0"sv);
    editor.go_on();
    feed_all(editor, "n\r");
    CHECK(editor.text() == "ann");
    CHECK(editor.state() == LineState::finished);
}

TEST_CASE("escape sequences are dropped, a lone ESC is a byte like another") {
    check_typed({
        {"a\x1b[Ab", "ab", "ab"},
        {"a\x1b[1;5Cb", "ab", "ab"},
        {"a\x1b[3~b", "ab", "ab"},
        {"\x1b[200~ann\x1b[201~\r", "ann", "ann\r\n", LineState::finished},
        {"a\x1bOPb", "ab", "ab"},
        {"a\x1b[[Ab", "ab", "ab"},  // F1 on a virtual terminal
        {"a\x1b[[Eb", "ab", "ab"},
        {"a\x1b\x1b[Ab",
         "a\x1b"
         "b",
         "a^[b"},  // Alt with an arrow
        {"a\x1b\x1b\x1b[Ab",
         "a\x1b\x1b"
         "b",
         "a^[^[b"},
        {"\x1bx", "\x1bx", "^[x"},
        {"\x1b\x7f", "", "^[" + rubs(2)},
        {"\x1b\r", "\x1b", "^[\r\n", LineState::finished},
        {"\x1b", "", ""},
        {"a\x1b[\rb", "ab", "a\r\nb", LineState::finished},
        {"a\x1b[\x03", "", "a^C\r\n", LineState::interrupted},
        {"a\x1b[\xc3\xa9", "a\xc3\xa9", "a\xc3\xa9"},
    });
}

TEST_CASE("what a terminal sends to control the flow is no part of a name") {
    std::array<char, 16> storage{};
    LineEditor name{storage};
    CHECK(feed_all(name, "a\x13n\x11n\r") == "ann\r\n");
    CHECK(name.text() == "ann");
    LineEditor password{storage, {.echo = Echo::hidden}};
    feed_all(password, "a\x13n\r");
    CHECK(password.text() == "a\x13n");
}

TEST_CASE("an administrator may add keys that erase") {
    check_typed({{"ab#", "a", "ab" + rubs(1)}, {"ab@c", "c", "ab" + rubs(2) + "c"}},
                {.keys = {.more_erase = "#", .more_kill = "@"}});
}

TEST_CASE("a line that fills the storage is whole, one byte more is too long") {
    std::array<char, 4> storage{};
    LineEditor editor{storage};
    CHECK(feed_all(editor, "abcd\r") == "abcd\r\n");
    CHECK(editor.state() == LineState::finished);
    CHECK(editor.text() == "abcd");
    editor.restart();
    CHECK(feed_all(editor, "abcde\r") == "abcd\r\n");
    CHECK(editor.state() == LineState::too_long);
    CHECK(editor.text().empty());
    CHECK(std::all_of(storage.begin(), storage.end(), [](char c) { return c == '\0'; }));
    // Nor does it spoil the next line.
    editor.restart();
    CHECK(feed_all(editor, "ab\r") == "ab\r\n");
    CHECK(editor.state() == LineState::finished);
    CHECK(editor.text() == "ab");
}

TEST_CASE("what went beyond the storage is erased first") {
    std::array<char, 4> storage{};
    LineEditor editor{storage};
    CHECK(feed_all(editor, "abcdef\x7f").ends_with("d"));
    CHECK(editor.text() == "abcd");
    CHECK(feed_all(editor, "\x7f").empty());
    CHECK(feed_all(editor, "\x7f") == rub);
    CHECK(editor.text() == "abc");
    CHECK(feed_all(editor, "x\r") == "x\r\n");
    CHECK(editor.state() == LineState::finished);
    CHECK(editor.text() == "abcx");

    editor.restart();
    feed_all(editor, "abcd\xe2\x82\xac\xc3\xa9\x7f\x7f\r");
    CHECK(editor.state() == LineState::finished);
    CHECK(editor.text() == "abcd");

    editor.restart();
    CHECK(feed_all(editor, "a bcdef\x17") == "a bc" + rubs(2));
    CHECK(editor.text() == "a ");

    editor.restart();
    CHECK(feed_all(editor, "abcdef\x15") == "abcd" + rubs(4));
    CHECK(feed_all(editor, "x\r") == "x\r\n");
    CHECK(editor.state() == LineState::finished);
}

TEST_CASE("a line that ends inside a character at the storage's end is too long, never cut") {
    for (const std::string_view keys : {"abc\xc3\xa9\r"sv,
                                        "ab\xe2\x82\xac\r"sv,
                                        "a\xf0\x9f\x98\x80\r"sv,
                                        "abc\xf0\x9f\x98\x80\r"sv,
                                        "abcd\x80\r"sv,
                                        "abcd\xbf\xbf\r"sv}) {
        std::array<char, 4> storage{};
        LineEditor editor{storage};
        CAPTURE(common::safe_text(keys));
        feed_all(editor, keys);
        CHECK(editor.state() == LineState::too_long);
        CHECK(editor.text().empty());
    }
}

TEST_CASE("one key erases the character that did not fit") {
    for (const std::string_view keys : {"abc\xc3\xa9\x7f"sv, "abc\xe2\x82\xac\x7f"sv}) {
        std::array<char, 4> storage{};
        LineEditor editor{storage};
        CAPTURE(common::safe_text(keys));
        CHECK(feed_all(editor, keys) == "abc");
        CHECK(editor.text() == "abc");
        CHECK(feed_all(editor, "d\r") == "d\r\n");
        CHECK(editor.text() == "abcd");
        CHECK(editor.state() == LineState::finished);
    }
}

TEST_CASE("a storage of nothing takes an empty line only") {
    std::array<char, 1> storage{};
    LineEditor editor{std::span{storage}.first(0)};
    CHECK(feed_all(editor, "\x7f\x15\x17\r") == "\r\n");
    CHECK(editor.state() == LineState::finished);
    editor.restart();
    feed_all(editor, "a\r");
    CHECK(editor.state() == LineState::too_long);
}

TEST_CASE("hidden echo says nothing of what is typed") {
    check_typed(
        {
            {"secret", "secret", ""},
            {"secret\r", "secret", "\r\n", LineState::finished},
            {"secret\x7f\x7f", "secr", ""},
            {"\xe4\xb8\xad\x01\xff\x7f", "\xe4\xb8\xad\x01", ""},
            {"two words\x17", "two ", ""},
            {"secret\x15", "", ""},
            {"secret\x03", "", "^C\r\n", LineState::interrupted},
            {"secret\x1b"
             "x",
             "secret\x1bx",
             ""},
        },
        {.echo = Echo::hidden, .nul = NulByte::spoils});
    std::array<char, 16> storage{};
    LineEditor editor{storage, {.echo = Echo::hidden}};
    feed_all(editor, "secret\x0c");
    CHECK(editor.state() == LineState::redraw);
    CHECK(editor.shown().empty());
}

TEST_CASE("feedback shows that something is typed, and never what") {
    const auto rules = [](common::Feedback feedback, std::uint32_t seed) {
        return EditRules{
            .echo = Echo::hidden, .nul = NulByte::spoils, .feedback = feedback, .seed = seed};
    };
    check_typed(
        {
            {"secret", "secret", "******"},
            {"secret\r", "secret", "******\r\n", LineState::finished},
            {"se\x7f\x7f\x7f", "", "**" + rubs(2)},
            {"two words\x17", "two ", "*********" + rubs(5)},
            {"secret\x15", "", "******" + rubs(6)},
            {"se\x03", "", "**^C\r\n", LineState::interrupted},
            // One for each character, however wide, and for each byte that is none.
            {"\xe4\xb8\xad\xc3\xa9\x01\xff", "\xe4\xb8\xad\xc3\xa9\x01\xff", "****"},
            {"\xe4\xb8\xad\x7f", "", "*" + rubs(1)},
            {"e\xcc\x81\x7f", "", "**" + rubs(2)},
            {"\xc3x\x7f\xa9", "\xc3\xa9", "**" + rubs(1) + rubs(1) + "*"},
            {"pa\0ss\r"sv, "", "****\r\n", LineState::spoilt},
        },
        rules(common::Feedback::dots, 0));
    // How many there are says little of how many were typed.
    std::set<std::size_t> lengths;
    for (std::uint32_t seed = 0; seed < 100; ++seed) {
        std::array<char, 16> storage{};
        LineEditor editor{storage, rules(common::Feedback::random, seed)};
        const std::string echo = feed_all(editor, "secret");
        CHECK(echo == editor.shown());
        CHECK(echo == std::string(echo.size(), '*'));
        lengths.insert(echo.size());
        CHECK(feed_all(editor, "\x15") == rubs(echo.size()));
    }
    CHECK(*lengths.begin() >= 6);
    CHECK(*lengths.rbegin() <= 18);
    CHECK(lengths.size() > 6);
}

TEST_CASE("nothing of a line stays in the storage once it is gone") {
    for (const std::string_view end :
         {"\x15"sv, "\x03"sv, "\x7f\x7f\x7f\x7f\x7f\x7f"sv, "\x17"sv}) {
        std::array<char, 8> storage{};
        LineEditor editor{storage, {.echo = Echo::hidden}};
        feed_all(editor, "secret");
        feed_all(editor, end);
        CHECK(std::all_of(storage.begin(), storage.end(), [](char c) { return c == '\0'; }));
    }
    std::array<char, 8> storage{};
    LineEditor editor{storage, {.echo = Echo::hidden}};
    feed_all(editor, "secret\r");
    editor.restart();
    CHECK(std::all_of(storage.begin(), storage.end(), [](char c) { return c == '\0'; }));
    CHECK(editor.state() == LineState::typing);
}

TEST_CASE("whatever is typed, the terminal shows the line and nothing left of it") {
    // Seeded: the same 200,000 bytes every time. Keys that edit come often.
    std::mt19937 random{2026};
    constexpr auto keys = std::to_array<std::string_view>(
        {"a",    "b",        " ",        "\x7f",         "\x7f",
         "\b",   "\x17",     "\x15",     "\r",           "\x1b",
         "[",    "\xc3\xa9", "\xc3",     "\xa9",         "\xe4\xb8\xad",
         "\xe2", "\x82",     "\xcc\x81", "\xf0\x9f\x98", "\x80",
         "\x01", "\x1b[A",   "\x0c",     "\xe2\x80\xae"});
    std::uniform_int_distribution<std::size_t> key{0, keys.size() - 1};
    std::uniform_int_distribution<int> byte{0, 255};
    std::uniform_int_distribution<int> kind{0, 3};
    struct Case {
        std::size_t size;
        Echo echo = Echo::shown;
        common::Feedback feedback = common::Feedback::none;
    };
    for (const auto& [size, how, feedback] : {Case{5},
                                              Case{24},
                                              Case{256},
                                              Case{24, Echo::hidden, common::Feedback::dots},
                                              Case{24, Echo::hidden, common::Feedback::random}}) {
        std::vector<char> storage(size);
        LineEditor editor{storage, {.echo = how, .feedback = feedback, .seed = 2026}};
        Row row;
        unsigned bad = 0;
        for (std::size_t fed = 0; fed < 200'000;) {
            const char any = static_cast<char>(byte(random));
            const std::string_view next =
                kind(random) == 0 ? std::string_view{&any, 1} : keys.at(key(random));
            for (const char c : next) {
                ++fed;
                bad += row.show(editor.feed(c)) ? 0U : 1U;
                if (editor.state() == LineState::redraw) {
                    row = {};
                    bad += row.show(editor.shown()) ? 0U : 1U;
                    editor.go_on();
                } else if (editor.state() == LineState::line_break) {
                    editor.go_on();
                } else if (editor.state() != LineState::typing) {
                    editor.restart();
                    row = {};
                }
                const bool good = editor.text().size() <= storage.size() &&
                                  row.is_blank_from_cursor() &&
                                  row.cursor() == columns_of(editor.shown());
                bad += good ? 0U : 1U;
            }
        }
        CAPTURE(storage.size());
        CHECK(bad == 0);
    }
}

TEST_CASE("whatever is typed at a password, only line ends are echoed") {
    std::mt19937 random{13};
    std::uniform_int_distribution<int> byte{0, 255};
    std::array<char, 32> storage{};
    LineEditor editor{storage, {.echo = Echo::hidden, .nul = NulByte::spoils}};
    unsigned bad = 0;
    for (int fed = 0; fed < 200'000; ++fed) {
        const std::string echo = editor.feed(static_cast<char>(byte(random)));
        bad += echo.empty() || echo == "\r\n" || echo == "^C\r\n" ? 0U : 1U;
        bad += editor.shown().empty() ? 0U : 1U;
        if (editor.state() != LineState::typing) {
            editor.restart();
        }
    }
    CHECK(bad == 0);
}
