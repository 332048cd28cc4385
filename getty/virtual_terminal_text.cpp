#include "getty/virtual_terminal_text.hpp"

#include "common/language.hpp"

namespace getty {

using common::translated;

namespace {

constexpr std::string_view plain_text =
    "\x0f"                      // SI: the first character set,
    "\x1b(B\x1b)0"              // which is text; the second draws lines
    "\x1b[0m"                   // no colour, nothing reversed
    "\x1b]R"                    // colours are what they are called
    "\x1b[3l\x1b[4l\x1b[20l"    // controls act, nothing is inserted, LF is LF
    "\x1b[?1l\x1b>"             // cursor keys and keypad send what is on them
    "\x1b[?5l\x1b[?7h\x1b[?8h"  // light on dark, long lines wrap, keys repeat
    "\x1b[?9l\x1b[?1000l";      // the mouse sends nothing

/// Makes these what ESC [ 0 m gives.
std::string as_usual_colours(TextColours colours) {
    constexpr unsigned bright_text = 0x08;
    constexpr unsigned bright_background = 0x80;
    // The hardware counts blue, green, red; ECMA-48 the other way round.
    const auto digit = [](unsigned colour) {
        return std::to_string((colour & 1U) << 2U | (colour & 2U) | (colour >> 2U & 1U));
    };
    // Kept is what is seen: not in a screen that is inverted.
    return "\x1b[?5l\x1b[0;3" + digit(colours) + ";4" + digit(unsigned{colours} >> 4U) +
           ((colours & bright_text) != 0 ? ";1" : "") +
           ((colours & bright_background) != 0 ? ";5" : "") + "m\x1b[8]";
}

/// Both of these move the cursor, which is why it is saved: last of all, since
/// colours and character sets are saved with it.
constexpr std::string_view whole_screen =
    "\x1b"
    "7\x1b[?6l\x1b[r\x1b"
    "8";

}  // namespace

std::string sane_screen(Encoding encoding, TextCursor cursor, TextColours usual) {
    std::string text = encoding == Encoding::utf8 ? "\x1b%G" : "\x1b%@";
    text += as_usual_colours(usual);
    text += plain_text;
    text += whole_screen;
    if (cursor == TextCursor::shown) {
        text += "\x1b[?25h";
    }
    return text;
}

std::string lock_hint(Locks locks, NumLockAtStart at_start) {
    std::string hint;
    const auto add = [&hint](std::string_view words) {
        hint += hint.empty() ? std::string{translated("Hint:")} + " " : ", ";
        hint += words;
    };
    if (locks.num != (at_start == NumLockAtStart::on)) {
        add(locks.num ? translated("Num Lock on") : translated("Num Lock off"));
    }
    if (locks.caps) {
        add(translated("Caps Lock on"));
    }
    if (locks.scroll) {
        add(translated("Scroll Lock on"));
    }
    return hint.empty() ? hint : hint + "\r\n\r\n";
}

}  // namespace getty
