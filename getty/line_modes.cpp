#include "getty/line_modes.hpp"

#include <algorithm>

namespace getty {

namespace {

/// stty(1)'s "sane" characters; POSIX leaves them to the system.
void set_control_characters(termios& modes) {
    constexpr cc_t disabled = 0;  // _POSIX_VDISABLE on Linux
    std::fill(std::begin(modes.c_cc), std::end(modes.c_cc), disabled);
    modes.c_cc[VINTR] = 3;      // ^C
    modes.c_cc[VQUIT] = 28;     // ^backslash
    modes.c_cc[VERASE] = 127;   // DEL
    modes.c_cc[VKILL] = 21;     // ^U
    modes.c_cc[VEOF] = 4;       // ^D
    modes.c_cc[VSTART] = 17;    // ^Q
    modes.c_cc[VSTOP] = 19;     // ^S
    modes.c_cc[VSUSP] = 26;     // ^Z
    modes.c_cc[VREPRINT] = 18;  // ^R
    modes.c_cc[VWERASE] = 23;   // ^W
    modes.c_cc[VLNEXT] = 22;    // ^V
    modes.c_cc[VDISCARD] = 15;  // ^O
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
}

constexpr tcflag_t speed_bits = CBAUD | CBAUDEX | CIBAUD;

tcflag_t control_flags(tcflag_t found, const Options& options) {
    tcflag_t flags = found;
    if (!options.no_reset) {
        // The speed is the line's own, and whether it has carrier. CRTSCTS, which
        // whoever was here last may have left, stops a line without those wires.
        flags &= speed_bits | CLOCAL;
        flags |= CS8 | CREAD | HUPCL;
    }
    flags = (flags & ~options.setup.control_cleared) | options.setup.control_set;
    if (options.carrier == Carrier::always_local) {
        flags |= CLOCAL;
    } else if (options.carrier == Carrier::never_local) {
        flags &= ~static_cast<tcflag_t>(CLOCAL);
    }
    if (options.flow_control) {
        flags |= CRTSCTS;
    }
    return flags;
}

}  // namespace

termios name_modes(const termios& found, const Options& options) {
    termios modes = found;
    // No IXON: ^S typed at a prompt must not stop a line that nobody watches.
    // A BREAK and damaged bytes arrive marked: that is how a wrong speed shows.
    modes.c_iflag = (found.c_iflag & IUTF8) | INPCK | PARMRK;
    modes.c_oflag = OPOST | ONLCR;
    modes.c_lflag = 0;
    modes.c_cflag = control_flags(found.c_cflag, options);
    set_control_characters(modes);
    modes = apply(modes, options.profile.initial_modes);
    // Whatever a table says: byte by byte, marked, and nothing echoed but by us.
    modes.c_iflag = (modes.c_iflag & ~static_cast<tcflag_t>(IGNBRK | BRKINT | IGNPAR)) | PARMRK;
    modes.c_lflag = 0;
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    return modes;
}

termios login_modes(const termios& found,
                    const termios& asking,
                    const Options& options,
                    const NameTyping& typing,
                    LoginEcho echo) {
    termios modes = asking;
    // What a table set for the asking only is undone.
    modes.c_cflag =
        (asking.c_cflag & speed_bits) | (control_flags(found.c_cflag, options) & ~speed_bits);
    modes.c_iflag = (asking.c_iflag & IUTF8) | IXON;
    if (typing.ending == LineEnding::carriage_return) {
        modes.c_iflag |= ICRNL;
    }
    modes.c_oflag = OPOST | ONLCR;
    modes.c_lflag = ICANON | ISIG | IEXTEN | ECHOE | ECHOK | ECHOKE | ECHOCTL;
    modes.c_lflag |= ECHO;
    if (typing.letters == LetterCase::capitals_only) {
        modes.c_iflag |= IUCLC;
        modes.c_oflag |= OLCUC;
        modes.c_lflag |= XCASE;
    }
    if (typing.parity != Parity::none) {
        modes.c_cflag &= ~static_cast<tcflag_t>(CSIZE | PARODD);
        modes.c_cflag |= CS7 | PARENB | (typing.parity == Parity::odd ? tcflag_t{PARODD} : 0);
        modes.c_iflag |= INPCK | ISTRIP;
    }
    set_control_characters(modes);
    modes.c_cc[VERASE] = typing.keys.erase;
    modes.c_cc[VKILL] = typing.keys.kill;
    modes = apply(modes, options.profile.login_modes);
    if (echo == LoginEcho::off) {
        modes.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    }
    return modes;
}

}  // namespace getty
