#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace getty {

/// What a virtual terminal takes bytes for.
enum class Encoding { single_bytes, utf8 };

enum class TextCursor {
    as_it_is,  ///< the machine wants none (vt.global_cursor_default=0)
    shown,
};

/// The colours of text as the hardware has them: the lower four bits are the text's, the
/// upper ones the background's (vt.color of the kernel).
using TextColours = std::uint8_t;
constexpr TextColours grey_on_black = 0x07;

/// Undoes what a program that ended badly left on the screen: colours, line
/// drawing, scroll region, a hidden cursor. Neither a character on the screen
/// nor the cursor's place changes. `usual` is what the machine has for plain text: everybody
/// may have made something else of it, black on black even. Linux's console_codes(4).
[[nodiscard]] std::string sane_screen(Encoding encoding, TextCursor cursor, TextColours usual);

/// Empties the screen, and what has scrolled out of it: that was somebody
/// else's.
constexpr std::string_view clear_screen = "\x1b[H\x1b[J\x1b[3J";

/// The locks of a virtual terminal's keyboard.
struct Locks {
    bool scroll = false;
    bool num = false;
    bool caps = false;

    bool operator==(const Locks&) const = default;
};

/// How the keyboard was when the machine started.
enum class NumLockAtStart { off, on };

/// `Hint: Caps Lock on` and an empty line, word for word as agetty(8) says it;
/// "" where the keyboard is as one expects.
[[nodiscard]] std::string lock_hint(Locks locks, NumLockAtStart at_start);

}  // namespace getty
