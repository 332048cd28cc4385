#include "getty/mode_changes.hpp"

#include <doctest/doctest.h>

using getty::ModeChanges;

TEST_CASE("mode changes touch what they name and leave the rest") {
    termios found{};
    found.c_iflag = ICRNL | IUTF8;
    found.c_oflag = OPOST;
    found.c_cflag = CS7 | PARENB | B9600;
    found.c_lflag = ECHO;
    found.c_cc[VERASE] = '\b';
    found.c_cc[VINTR] = 3;
    ModeChanges changes{
        .input = {.touched = ICRNL | IXON, .bits = IXON},
        .control = {.touched = CSIZE | PARENB, .bits = CS8},
    };
    changes.characters[VERASE] = 0x7F;

    const termios modes = getty::apply(found, changes);
    CHECK(modes.c_iflag == (IXON | IUTF8));
    CHECK(modes.c_oflag == OPOST);
    CHECK(modes.c_cflag == (CS8 | B9600));
    CHECK(modes.c_lflag == ECHO);
    CHECK(modes.c_cc[VERASE] == 0x7F);
    CHECK(modes.c_cc[VINTR] == 3);
}

TEST_CASE("no mode changes change nothing") {
    termios found{};
    found.c_iflag = ICRNL;
    found.c_cc[VEOF] = 4;
    const termios modes = getty::apply(found, {});
    CHECK(modes.c_iflag == ICRNL);
    CHECK(modes.c_cc[VEOF] == 4);
}

TEST_CASE("two mode changes combined do what they do one after the other") {
    ModeChanges first{.output = {.touched = TABDLY | OPOST, .bits = TAB3 | OPOST}};
    first.characters[VKILL] = 21;
    first.characters[VEOF] = 4;
    ModeChanges then{.output = {.touched = TABDLY, .bits = TAB1}};
    then.characters[VKILL] = '@';

    const ModeChanges both = getty::combined(first, then);
    CHECK(both.output == getty::FlagChange{.touched = TABDLY | OPOST, .bits = TAB1 | OPOST});
    CHECK(both.characters[VKILL] == cc_t{'@'});
    CHECK(both.characters[VEOF] == cc_t{4});

    for (const tcflag_t start : {tcflag_t{0}, ~tcflag_t{0}}) {
        termios found{};
        found.c_oflag = start;
        CHECK(getty::apply(found, both).c_oflag ==
              getty::apply(getty::apply(found, first), then).c_oflag);
    }
}
