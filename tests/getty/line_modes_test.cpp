#include "getty/line_modes.hpp"

#include "getty/mode_words.hpp"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

using getty::Carrier;
using getty::LineEnding;
using getty::login_modes;
using getty::LoginEcho;
using getty::name_modes;
using getty::Options;

namespace {

/// A line somebody has left in any state.
termios found(tcflag_t control) {
    termios modes{};
    modes.c_iflag = static_cast<tcflag_t>(-1);
    modes.c_oflag = static_cast<tcflag_t>(-1);
    modes.c_lflag = static_cast<tcflag_t>(-1);
    modes.c_cflag = control;
    std::fill(std::begin(modes.c_cc), std::end(modes.c_cc), cc_t{'x'});
    return modes;
}

tcflag_t asking_control(tcflag_t control, const Options& options = {}) {
    return name_modes(found(control), options).c_cflag;
}

void check_characters(const termios& modes) {
    std::vector<int> expected(NCCS, 0);
    expected[VINTR] = 3;
    expected[VQUIT] = 28;
    expected[VERASE] = 127;
    expected[VKILL] = 21;
    expected[VEOF] = 4;
    expected[VSTART] = 17;
    expected[VSTOP] = 19;
    expected[VSUSP] = 26;
    expected[VREPRINT] = 18;
    expected[VWERASE] = 23;
    expected[VLNEXT] = 22;
    expected[VDISCARD] = 15;
    expected[VMIN] = 1;
    CHECK(std::vector<int>(std::begin(modes.c_cc), std::end(modes.c_cc)) == expected);
}

}  // namespace

TEST_CASE("a name is asked for byte by byte, without echo, ^S or signals") {
    const termios modes = name_modes(found(B9600 | CS8), {});
    CHECK(modes.c_iflag == (IUTF8 | INPCK | PARMRK));
    CHECK(modes.c_oflag == (OPOST | ONLCR));
    CHECK(modes.c_lflag == 0U);
    check_characters(modes);

    termios plain = found(B9600);
    plain.c_iflag = ICRNL | IXON;
    CHECK(name_modes(plain, {}).c_iflag == (INPCK | PARMRK));
}

TEST_CASE("control modes are made sane, except what belongs to the line") {
    struct Case {
        tcflag_t before;
        tcflag_t after;
    };
    const std::vector<Case> cases{
        {B9600 | CS7 | PARENB | PARODD, B9600 | CS8 | CREAD | HUPCL},
        {B115200 | CS8 | CREAD | HUPCL, B115200 | CS8 | CREAD | HUPCL},
        {B38400 | CSTOPB | CLOCAL | CRTSCTS, B38400 | CLOCAL | CS8 | CREAD | HUPCL},
        {B4000000 | CMSPAR, B4000000 | CS8 | CREAD | HUPCL},
        {(B9600 << 16U) | B9600, (B9600 << 16U) | B9600 | CS8 | CREAD | HUPCL},
    };
    for (const Case& c : cases) {
        CHECK(asking_control(c.before) == c.after);
    }
}

TEST_CASE("under --noreset control modes stay as they are") {
    for (const tcflag_t control :
         {tcflag_t{B9600 | CS7 | PARENB}, tcflag_t{B1200 | CLOCAL}, static_cast<tcflag_t>(-1)}) {
        CHECK(asking_control(control, {.no_reset = true}) == control);
    }
}

TEST_CASE("carrier and flow control are as asked") {
    const tcflag_t sane = B9600 | CS8 | CREAD | HUPCL;
    CHECK(asking_control(sane, {.carrier = Carrier::always_local}) == (sane | CLOCAL));
    CHECK(asking_control(sane | CLOCAL, {.carrier = Carrier::never_local}) == sane);
    CHECK(asking_control(sane | CLOCAL) == (sane | CLOCAL));
    CHECK(asking_control(sane, {.flow_control = true}) == (sane | CRTSCTS));
    CHECK(asking_control(B9600 | CS7, {.carrier = Carrier::always_local, .no_reset = true}) ==
          (B9600 | CS7 | CLOCAL));
}

TEST_CASE("login gets a line it can be typed on line by line") {
    const termios asking = name_modes(found(B9600), {});
    const tcflag_t local = ICANON | ISIG | IEXTEN | ECHOE | ECHOK | ECHOKE | ECHOCTL;
    const termios loud = login_modes(found(B9600), asking, {}, {}, LoginEcho::on);
    CHECK(loud.c_iflag == (IUTF8 | IXON | ICRNL));
    CHECK(loud.c_oflag == (OPOST | ONLCR));
    CHECK(loud.c_lflag == (local | ECHO));
    CHECK(loud.c_cflag == asking.c_cflag);
    check_characters(loud);

    CHECK(login_modes(found(B9600),
                      asking,
                      {},
                      {.ending = LineEnding::newline, .letters = getty::LetterCase::capitals_only},
                      LoginEcho::on)
              .c_lflag == (local | ECHO | XCASE));
    const termios taught = login_modes(
        found(B9600), asking, {}, {.keys = {.erase = '\b', .kill = '@'}}, LoginEcho::on);
    CHECK(taught.c_cc[VERASE] == '\b');
    CHECK(taught.c_cc[VKILL] == '@');

    const termios silent =
        login_modes(found(B9600), asking, {}, {.ending = LineEnding::newline}, LoginEcho::off);
    CHECK(silent.c_iflag == (IUTF8 | IXON));
    CHECK(silent.c_lflag == local);
    check_characters(silent);
}

TEST_CASE("a line table changes the modes, but never what the reading needs") {
    Options options;
    options.profile.initial_modes =
        getty::read_stty_words("cs7 parenb icanon echo brkint ignbrk min 5 erase ^H -onlcr")
            .changes;
    const termios asking = name_modes(found(B9600), options);
    CHECK((asking.c_cflag & (CSIZE | PARENB)) == (CS7 | PARENB));
    CHECK((asking.c_lflag & (ICANON | ECHO)) == 0U);
    CHECK((asking.c_iflag & (BRKINT | IGNBRK | PARMRK)) == PARMRK);
    CHECK((asking.c_oflag & ONLCR) == 0U);
    CHECK(asking.c_cc[VMIN] == 1);
    CHECK(asking.c_cc[VERASE] == 8);

    // What was for the asking only is gone when login gets the line.
    options.profile.login_modes = getty::read_stty_words("cstopb -ixon intr ^A").changes;
    const termios login = login_modes(found(B9600), asking, options, {}, LoginEcho::off);
    CHECK((login.c_cflag & (CSIZE | PARENB | CSTOPB)) == (CS8 | CSTOPB));
    CHECK((login.c_iflag & (ICRNL | IXON)) == ICRNL);
    CHECK(login.c_cc[VINTR] == 1);
    CHECK((login.c_lflag & ECHO) == 0U);

    options.profile.login_modes = getty::read_stty_words("echo").changes;
    CHECK((login_modes(found(B9600), asking, options, {}, LoginEcho::off).c_lflag & ECHO) == 0U);
    options.profile.login_modes = getty::read_stty_words("-echo").changes;
    CHECK((login_modes(found(B9600), asking, options, {}, LoginEcho::on).c_lflag & ECHO) == 0U);
}

TEST_CASE("the speed the line has now is the one login gets") {
    const termios asking = name_modes(found(B1200), {});
    CHECK((login_modes(found(B9600), asking, {}, {}, LoginEcho::on).c_cflag & CBAUD) == B1200);
}

TEST_CASE("parity that a name came with is login's too") {
    const termios asking = name_modes(found(B9600), {});
    const auto control = [&](getty::Parity parity) {
        return login_modes(found(B9600), asking, {}, {.parity = parity}, LoginEcho::on).c_cflag &
               (CSIZE | PARENB | PARODD);
    };
    CHECK(control(getty::Parity::none) == tcflag_t{CS8});
    CHECK(control(getty::Parity::even) == tcflag_t{CS7 | PARENB});
    CHECK(control(getty::Parity::odd) == tcflag_t{CS7 | PARENB | PARODD});
}
