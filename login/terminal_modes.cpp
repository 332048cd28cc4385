#include "login/terminal_modes.hpp"

namespace login {

namespace {

constexpr cc_t control(char letter) {
    return static_cast<cc_t>(letter - '@');
}

void change(tcflag_t& flags, tcflag_t off, tcflag_t on) {
    flags = (flags & ~off) | on;
}

}  // namespace

termios asking_modes(const termios& found) {
    termios modes = found;
    change(modes.c_lflag,
           ICANON | ISIG | IEXTEN | ECHO | ECHOE | ECHOK | ECHONL | ECHOCTL | ECHOPRT | ECHOKE |
               TOSTOP,
           0);
    change(modes.c_iflag, BRKINT | PARMRK | INLCR | IGNCR | ICRNL, IXON);
    change(modes.c_oflag, OPOST, 0);
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    return modes;
}

termios shell_modes(const termios& found, int erase_key, int kill_key) {
    termios modes = found;
    change(modes.c_lflag,
           ECHONL | ECHOPRT | NOFLSH | TOSTOP,
           ICANON | ISIG | IEXTEN | ECHO | ECHOE | ECHOK | ECHOKE | ECHOCTL);
    change(modes.c_iflag, IGNBRK | PARMRK | INLCR | IGNCR, BRKINT | ICRNL | IXON | IMAXBEL);
    change(modes.c_oflag, OCRNL | ONOCR | ONLRET | OFILL, OPOST | ONLCR);
    modes.c_cc[VINTR] = control('C');
    modes.c_cc[VQUIT] = control('\\');
    modes.c_cc[VERASE] = static_cast<cc_t>(erase_key);
    modes.c_cc[VKILL] = static_cast<cc_t>(kill_key);
    modes.c_cc[VEOF] = control('D');
    modes.c_cc[VEOL] = 0;
    modes.c_cc[VEOL2] = 0;
    modes.c_cc[VSTART] = control('Q');
    modes.c_cc[VSTOP] = control('S');
    modes.c_cc[VSUSP] = control('Z');
    modes.c_cc[VREPRINT] = control('R');
    modes.c_cc[VWERASE] = control('W');
    modes.c_cc[VLNEXT] = control('V');
    modes.c_cc[VDISCARD] = control('O');
    return modes;
}

}  // namespace login
