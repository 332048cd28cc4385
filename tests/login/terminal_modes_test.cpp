#include "login/terminal_modes.hpp"

#include <initializer_list>

#include <doctest/doctest.h>

namespace {

termios every_flag_set() {
    termios modes{};
    modes.c_iflag = ~tcflag_t{0};
    modes.c_oflag = ~tcflag_t{0};
    modes.c_lflag = ~tcflag_t{0};
    modes.c_cflag = CS7 | PARENB | CSTOPB | B9600;
    return modes;
}

}  // namespace

TEST_CASE("modes while asking: nothing is echoed, nothing acts, the line stays what it is") {
    const termios found = every_flag_set();
    const termios modes = login::asking_modes(found);
    CHECK((modes.c_lflag & (ECHO | ECHONL | ICANON | ISIG | IEXTEN)) == 0);
    CHECK((modes.c_oflag & OPOST) == 0);
    CHECK(modes.c_cc[VMIN] == 1);
    CHECK(modes.c_cc[VTIME] == 0);
    CHECK(modes.c_cflag == found.c_cflag);
    CHECK((modes.c_iflag & (IUTF8 | ISTRIP)) == (IUTF8 | ISTRIP));
}

TEST_CASE("modes for the shell: the same from whatever was found") {
    for (const termios& found : {termios{}, every_flag_set()}) {
        const termios modes = login::shell_modes(found, 0x7F, 0x15);
        constexpr tcflag_t local = ICANON | ISIG | IEXTEN | ECHO | ECHOE | ECHOK;
        CHECK((modes.c_lflag & local) == local);
        CHECK((modes.c_lflag & (ECHONL | NOFLSH | TOSTOP)) == 0);
        CHECK((modes.c_iflag & (ICRNL | IXON | BRKINT)) == (ICRNL | IXON | BRKINT));
        CHECK((modes.c_iflag & (INLCR | IGNCR | PARMRK)) == 0);
        CHECK((modes.c_oflag & (OPOST | ONLCR)) == (OPOST | ONLCR));
        CHECK(modes.c_cc[VERASE] == 0x7F);
        CHECK(modes.c_cc[VKILL] == 0x15);
        CHECK(modes.c_cc[VINTR] == 3);
        CHECK(modes.c_cc[VEOF] == 4);
        CHECK(modes.c_cc[VQUIT] == 0x1C);
        CHECK(modes.c_cc[VSUSP] == 0x1A);
        CHECK(modes.c_cflag == found.c_cflag);
        CHECK((modes.c_iflag & (IUTF8 | ISTRIP)) == (found.c_iflag & (IUTF8 | ISTRIP)));
    }
}
