#pragma once

#include "getty/options.hpp"
#include "getty/parity.hpp"

#include <termios.h>

namespace getty {

/// What ended the name: a terminal that sends CR needs ICRNL and ONLCR later.
enum class LineEnding { carriage_return, newline };

/// A terminal that has capitals only (--detect-case) gets them translated.
enum class LetterCase { both, capitals_only };

/// The keys a person corrects a line with: those used on the name, else the usual.
struct EditingKeys {
    cc_t erase = 127;  ///< DEL
    cc_t kill = 21;    ///< ^U

    bool operator==(const EditingKeys&) const = default;
};

/// What the way a name was typed tells of the terminal.
struct NameTyping {
    LineEnding ending = LineEnding::carriage_return;
    LetterCase letters = LetterCase::both;
    EditingKeys keys{};
    Parity parity = Parity::none;  ///< where it was asked for

    bool operator==(const NameTyping&) const = default;
};

enum class LoginEcho {
    on,   ///< any program may follow, and must not leave a person typing blind
    off,  ///< our own login follows: it turns echo on when the password is read
};

/// The modes in which a name is asked for: byte by byte, nothing done by the
/// kernel, no echo (we echo), output post-processed. Starts from the modes the
/// line was found in; c_cflag stays as it is under --noreset. A line table may
/// change them, but for what the reading needs. The speed is not part of it.
[[nodiscard]] termios name_modes(const termios& found, const Options& options);

/// The modes login gets: sane, line by line, with the editing characters every
/// shell expects, and then what a line table says. `asking`: as the line is now.
[[nodiscard]] termios login_modes(const termios& found,
                                  const termios& asking,
                                  const Options& options,
                                  const NameTyping& typing,
                                  LoginEcho echo);

}  // namespace getty
