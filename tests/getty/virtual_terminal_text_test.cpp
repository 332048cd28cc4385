#include "getty/virtual_terminal_text.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using getty::Encoding;
using getty::grey_on_black;
using getty::lock_hint;
using getty::Locks;
using getty::NumLockAtStart;
using getty::sane_screen;
using getty::TextCursor;

TEST_CASE("lock hint: word for word as agetty has it") {
    struct Case {
        Locks locks;
        NumLockAtStart at_start;
        std::string hint;
    };
    const std::vector<Case> cases{
        {{}, NumLockAtStart::off, ""},
        {{}, NumLockAtStart::on, "Hint: Num Lock off\r\n\r\n"},
        {{.num = true}, NumLockAtStart::off, "Hint: Num Lock on\r\n\r\n"},
        {{.num = true}, NumLockAtStart::on, ""},
        {{.caps = true}, NumLockAtStart::off, "Hint: Caps Lock on\r\n\r\n"},
        {{.scroll = true}, NumLockAtStart::off, "Hint: Scroll Lock on\r\n\r\n"},
        {{.scroll = true, .num = true, .caps = true},
         NumLockAtStart::off,
         "Hint: Num Lock on, Caps Lock on, Scroll Lock on\r\n\r\n"},
        {{.caps = true}, NumLockAtStart::on, "Hint: Num Lock off, Caps Lock on\r\n\r\n"},
    };
    for (const auto& [locks, at_start, hint] : cases) {
        CHECK(lock_hint(locks, at_start) == hint);
    }
}

TEST_CASE("sane screen: the encoding comes first, the cursor's place is kept") {
    const std::string utf8 = sane_screen(Encoding::utf8, TextCursor::shown, grey_on_black);
    CHECK(utf8.starts_with("\x1b%G"));
    CHECK(sane_screen(Encoding::single_bytes, TextCursor::shown, grey_on_black)
              .starts_with("\x1b%@"));
    // What moves the cursor stands between saving and restoring its place.
    const auto saved = utf8.find(
        "\x1b"
        "7");
    const auto restored = utf8.find(
        "\x1b"
        "8");
    for (const char* moving : {"\x1b[r", "\x1b[?6l"}) {
        CHECK(utf8.find(moving) > saved);
        CHECK(utf8.find(moving) < restored);
    }
    // Colours are saved along: they are right by then.
    CHECK(utf8.find("\x1b[0m") < saved);
    CHECK(utf8.ends_with("\x1b[?25h"));
    CHECK(sane_screen(Encoding::utf8, TextCursor::as_it_is, grey_on_black).find("?25") ==
          std::string::npos);
}

TEST_CASE("sane screen: the machine's colours are what plain text has again") {
    struct Case {
        getty::TextColours colours;
        std::string text;
    };
    const std::vector<Case> cases{
        {grey_on_black, "\x1b[0;37;40m\x1b[8]"},
        {0x02, "\x1b[0;32;40m\x1b[8]"},
        {0x1F, "\x1b[0;37;44;1m\x1b[8]"},
        {0xC3, "\x1b[0;36;41;5m\x1b[8]"},
    };
    for (const auto& [colours, text] : cases) {
        const std::string all = sane_screen(Encoding::utf8, TextCursor::shown, colours);
        CHECK(all.find(text) < all.find("\x1b]R"));
    }
}
