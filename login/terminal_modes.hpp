#pragma once

#include <termios.h>

namespace login {

/// While we ask: every byte at once, none echoed, none acting by itself. Speed
/// and framing are the line's own and stay.
[[nodiscard]] termios asking_modes(const termios& found);

/// What a shell expects to find: lines, echo, signals from the keyboard. Speed,
/// framing, UTF-8 and the parity rules that a getty found out stay.
[[nodiscard]] termios shell_modes(const termios& found, int erase_key, int kill_key);

}  // namespace login
