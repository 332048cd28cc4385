#include "getty/mode_words.hpp"

#include "tests/getty/random_text.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using getty::FlagWord;
using getty::ModeReading;

namespace {

using Texts = std::vector<std::string>;

/// A line with every flag set, or with none: what a word does shows on one of them.
termios all_modes(tcflag_t flags) {
    termios modes{};
    modes.c_iflag = modes.c_oflag = modes.c_cflag = modes.c_lflag = flags;
    return modes;
}

struct WordCase {
    std::string_view words;
    tcflag_t input_set = 0;
    tcflag_t input_cleared = 0;
    tcflag_t output_set = 0;
    tcflag_t output_cleared = 0;
    tcflag_t control_set = 0;
    tcflag_t control_cleared = 0;
    tcflag_t local_set = 0;
    tcflag_t local_cleared = 0;
};

void check(const WordCase& c, const ModeReading& reading) {
    CAPTURE(c.words);
    CHECK(reading.problems == Texts{});
    const termios from_none = getty::apply(all_modes(0), reading.changes);
    const termios from_all = getty::apply(all_modes(~tcflag_t{0}), reading.changes);
    CHECK(from_none.c_iflag == c.input_set);
    CHECK(from_none.c_oflag == c.output_set);
    CHECK(from_none.c_cflag == c.control_set);
    CHECK(from_none.c_lflag == c.local_set);
    CHECK(from_all.c_iflag == ~c.input_cleared);
    CHECK(from_all.c_oflag == ~c.output_cleared);
    CHECK(from_all.c_cflag == ~c.control_cleared);
    CHECK(from_all.c_lflag == ~c.local_cleared);
}

}  // namespace

TEST_CASE("stty words set and clear the flags of their names") {
    const std::vector<WordCase> cases{
        {.words = ""},
        {.words = "cs8 -parenb", .control_set = CS8, .control_cleared = PARENB},
        {.words = "cs5", .control_cleared = CSIZE},
        {.words = "crtscts -clocal hupcl",
         .control_set = CRTSCTS | HUPCL,
         .control_cleared = CLOCAL},
        {.words = "ixon -ixoff ixany", .input_set = IXON | IXANY, .input_cleared = IXOFF},
        {.words = "onlcr -opost", .output_set = ONLCR, .output_cleared = OPOST},
        {.words = "-tabs", .output_set = TAB3},
        {.words = "tabs", .output_cleared = TABDLY},
        {.words = "tab1", .output_set = TAB1, .output_cleared = TAB2},
        {.words = "cr2 nl1", .output_set = CR2 | NL1, .output_cleared = CR1},
        {.words = "-echo isig icanon", .local_set = ISIG | ICANON, .local_cleared = ECHO},
        {.words = "evenp",
         .control_set = PARENB | CS7,
         .control_cleared = PARODD | (CSIZE & ~static_cast<tcflag_t>(CS7))},
        {.words = "-oddp", .control_set = CS8, .control_cleared = PARENB},
        {.words = "nl", .input_cleared = ICRNL, .output_cleared = ONLCR},
        {.words = "lcase", .input_set = IUCLC, .output_set = OLCUC, .local_set = XCASE},
        {.words = "cooked",
         .input_set = BRKINT | IGNPAR | ISTRIP | ICRNL | IXON,
         .output_set = OPOST,
         .local_set = ISIG | ICANON},
        {.words = "echo -echo echo", .local_set = ECHO},
    };
    for (const WordCase& c : cases) {
        check(c, getty::read_stty_words(c.words));
    }
}

TEST_CASE("sane makes a line fit for a shell and leaves UTF-8 to the line") {
    const auto sane = getty::read_stty_words("sane").changes;
    const termios modes = getty::apply(all_modes(0), sane);
    CHECK(modes.c_iflag == (BRKINT | ICRNL | IMAXBEL));
    CHECK(modes.c_oflag == (OPOST | ONLCR));
    CHECK(modes.c_cflag == CREAD);
    CHECK(modes.c_lflag == (ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE));
    CHECK(modes.c_cc[VINTR] == 3);
    CHECK(modes.c_cc[VERASE] == 0x7F);
    CHECK(modes.c_cc[VQUIT] == 0x1C);
    CHECK(modes.c_cc[VEOL] == 0);
    CHECK(modes.c_cc[VMIN] == 1);
    CHECK((sane.input.touched & IUTF8) == 0);
}

TEST_CASE("raw hands every byte through") {
    const termios modes =
        getty::apply(all_modes(~tcflag_t{0}), getty::read_stty_words("raw").changes);
    CHECK((modes.c_iflag & (BRKINT | ICRNL | ISTRIP | IXON | INPCK)) == 0);
    CHECK((modes.c_oflag & OPOST) == 0);
    CHECK((modes.c_lflag & (ICANON | ISIG)) == 0);
    CHECK(modes.c_cc[VMIN] == 1);
    CHECK(modes.c_cc[VTIME] == 0);
}

TEST_CASE("characters are written as stty writes them") {
    struct Case {
        std::string_view words;
        std::size_t index;
        cc_t value;
    };
    const std::vector<Case> cases{
        {"erase ^H", VERASE, 8},
        {"erase ^?", VERASE, 0x7F},
        {"erase #", VERASE, '#'},
        {"kill ^u", VKILL, 0x15},
        {"intr undef", VINTR, 0},
        {"intr ^-", VINTR, 0},
        {"quit 0x1c", VQUIT, 0x1C},
        {"quit 034", VQUIT, 0x1C},
        {"susp 26", VSUSP, 26},
        {"eol2 5", VEOL2, '5'},
        {"min 5", VMIN, 5},
        {"time 255", VTIME, 255},
        {"swtch ^Z", VSWTC, 26},
        {"rprnt ^\\", VREPRINT, 28},
    };
    for (const Case& c : cases) {
        CAPTURE(c.words);
        const ModeReading reading = getty::read_stty_words(c.words);
        CHECK(reading.problems == Texts{});
        CHECK(reading.changes.characters.at(c.index) == c.value);
    }
}

TEST_CASE("speeds among stty words") {
    CHECK(getty::read_stty_words("9600 sane").speed == 9600U);
    CHECK(getty::read_stty_words("ispeed 1200 ospeed 1200").speed == 1200U);
    CHECK(getty::read_stty_words("1234567").speed == 1234567U);
    CHECK_FALSE(getty::read_stty_words("cs8").speed.has_value());

    const ModeReading split = getty::read_stty_words("ospeed 1200 ispeed 75");
    CHECK(split.speed == 1200U);
    CHECK(split.not_honoured == Texts{"ispeed 75 (one speed for both directions)"});
}

TEST_CASE("a wrong stty word is named, and the others count") {
    struct Case {
        std::string_view words;
        Texts problems;
    };
    const std::vector<Case> cases{
        {"echo foo", {"\"foo\" is no setting of stty(1)"}},
        {"foo echo --isig",
         {"\"foo\" is no setting of stty(1)", "\"--isig\" is no setting of stty(1)"}},
        {"echo -cs8", {"\"-cs8\" is no setting of stty(1)"}},
        {"echo -tab3 -nl1",
         {"\"-tab3\" is no setting of stty(1)", "\"-nl1\" is no setting of stty(1)"}},
        {"echo -sane", {"\"-sane\" is no setting of stty(1)"}},
        {"echo ECHO", {"\"ECHO\" is no setting of stty(1)"}},
        {"echo erase", {"erase has no value"}},
        {"echo erase 256", {"\"256\" is no value for erase"}},
        {"echo min x", {"\"x\" is no value for min"}},
        {"echo min 256", {"\"256\" is no value for min"}},
        {"echo 999999999999", {"\"999999999999\" is no setting of stty(1)"}},
        {"echo ispeed fast", {"ispeed has no speed"}},
        {"echo \x1b[2J", {"\"^[[2J\" is no setting of stty(1)"}},
    };
    for (const Case& c : cases) {
        CAPTURE(c.words);
        const ModeReading reading = getty::read_stty_words(c.words);
        CHECK(reading.problems == c.problems);
        CHECK(reading.changes.local.bits == ECHO);
    }
}

TEST_CASE("stty words that are no modes are not honoured") {
    const ModeReading reading = getty::read_stty_words("rows 24 echo columns 80 drain");
    CHECK(reading.problems == Texts{});
    CHECK(reading.not_honoured == Texts{"rows 24", "columns 80", "drain"});
    CHECK(reading.changes.local.bits == ECHO);
}

TEST_CASE("flags of gettydefs are those of termios in capitals") {
    const std::vector<WordCase> cases{
        {.words = "B9600 HUPCL CS8", .control_set = HUPCL | CS8},
        {.words = "-ISTRIP IXANY", .input_set = IXANY, .input_cleared = ISTRIP},
        {.words = "TAB3", .output_set = TAB3},
        {.words = "-TABS", .output_set = TAB3},
        {.words = "ODDP",
         .control_set = PARENB | PARODD | CS7,
         .control_cleared = CSIZE & ~static_cast<tcflag_t>(CS7)},
        {.words = "-NL",
         .input_set = ICRNL,
         .input_cleared = INLCR | IGNCR,
         .output_set = ONLCR,
         .output_cleared = OCRNL | ONLRET},
        {.words = "LCASE", .input_set = IUCLC, .output_set = OLCUC, .local_set = XCASE},
        {.words = "CSTOPB CRTSCTS", .control_set = CSTOPB | CRTSCTS},
    };
    for (const WordCase& c : cases) {
        check(c, getty::read_gettydefs_flags(c.words));
    }
    CHECK(getty::read_gettydefs_flags("SANE").changes == getty::read_stty_words("sane").changes);
    CHECK(getty::read_gettydefs_flags("RAW").changes == getty::read_stty_words("raw").changes);
    CHECK(getty::read_gettydefs_flags("COOKED").changes ==
          getty::read_stty_words("cooked").changes);
    CHECK(getty::read_gettydefs_flags("EVENP EK").changes ==
          getty::read_stty_words("evenp ek").changes);
}

TEST_CASE("speeds and characters of gettydefs") {
    CHECK(getty::read_gettydefs_flags("B115200").speed == 115200U);
    CHECK(getty::read_gettydefs_flags("EXTA").speed == 19200U);
    CHECK(getty::read_gettydefs_flags("EXTB").speed == 38400U);
    CHECK(getty::read_gettydefs_flags("B0").speed == 0U);
    const auto changes =
        getty::read_gettydefs_flags("VERASE \\b VKILL \\025 VINTR ^C VMIN 2").changes;
    CHECK(changes.characters[VERASE] == cc_t{8});
    CHECK(changes.characters[VKILL] == cc_t{21});
    CHECK(changes.characters[VINTR] == cc_t{3});
    CHECK(changes.characters[VMIN] == cc_t{2});
}

TEST_CASE("what is wrong among gettydefs flags") {
    const ModeReading reading =
        getty::read_gettydefs_flags("ECHO sane FOO -B9600 LOBLK -PENDIN VERASE \\x ISIG VKILL");
    CHECK(reading.problems == Texts{"\"sane\" is no flag: they are written in capitals",
                                    "\"FOO\" is no flag",
                                    "\"-B9600\" is no flag",
                                    "\"\\x\" is no value for VERASE",
                                    "VKILL has no value"});
    CHECK(reading.not_honoured == Texts{"LOBLK", "-PENDIN"});
    CHECK(reading.changes.local.bits == (ECHO | ISIG));
    CHECK(reading.changes.local.touched == (ECHO | ISIG));
}

TEST_CASE("flag words of BSD become those of Linux, all of them given a value") {
    const auto control = getty::translate_bsd_flags(FlagWord::control, 0x0000CB00);
    CHECK(getty::write_stty_words(control.changes) ==
          "cs8 -cstopb cread -parenb -parodd hupcl clocal -crtscts");
    const auto input = getty::translate_bsd_flags(FlagWord::input, 0x00000704);
    CHECK(getty::write_stty_words(input.changes) ==
          "-ignbrk -brkint ignpar -parmrk -inpck -istrip -inlcr -igncr icrnl -iuclc ixon -ixany "
          "ixoff -imaxbel");
    const auto output = getty::translate_bsd_flags(FlagWord::output, 0x00000007);
    CHECK(getty::write_stty_words(output.changes) == "opost onlcr -ocrnl -onocr -onlret tab3");
    const auto local = getty::translate_bsd_flags(FlagWord::local, 0x000005CF);
    CHECK(getty::write_stty_words(local.changes) ==
          "isig icanon iexten echo echoe echok -echonl -noflsh -tostop -echoprt echoctl echoke "
          "-extproc");
    for (const auto& reading : {control, input, output, local}) {
        CHECK(reading.not_honoured == Texts{});
        CHECK(reading.problems == Texts{});
    }
}

TEST_CASE("a flag word of BSD with nothing set clears all that Linux has of it") {
    const auto words = [](FlagWord word) {
        return getty::write_stty_words(getty::translate_bsd_flags(word, 0).changes);
    };
    CHECK(words(FlagWord::control) == "cs5 -cstopb -cread -parenb -parodd -hupcl -clocal -crtscts");
    CHECK(words(FlagWord::input) ==
          "-ignbrk -brkint -ignpar -parmrk -inpck -istrip -inlcr -igncr -icrnl -iuclc -ixon -ixany "
          "-ixoff -imaxbel");
    CHECK(words(FlagWord::output) == "-opost -onlcr -ocrnl -onocr -onlret tab0");
    CHECK(words(FlagWord::local) ==
          "-isig -icanon -iexten -echo -echoe -echok -echonl -noflsh -tostop -echoprt -echoctl "
          "-echoke -extproc");
}

TEST_CASE("either half of BSD's CRTSCTS is ours") {
    for (const unsigned value : {0x10000U, 0x20000U, 0x30000U}) {
        CHECK((getty::translate_bsd_flags(FlagWord::control, value).changes.control.bits &
               CRTSCTS) != 0);
    }
}

TEST_CASE("flags of BSD that Linux has not are not honoured") {
    CHECK(getty::translate_bsd_flags(FlagWord::control, 0x00100301).not_honoured ==
          Texts{"CIGNORE", "MDMBUF"});
    CHECK(getty::translate_bsd_flags(FlagWord::output, 0x108).not_honoured ==
          Texts{"ONOEOT", "0x100"});
    CHECK(getty::translate_bsd_flags(FlagWord::local, 0x02000200).not_honoured ==
          Texts{"ALTWERASE", "NOKERNINFO"});
}

TEST_CASE("modes are written in the order of the flag words, then the characters") {
    const auto changes =
        getty::read_stty_words("time 5 erase ^? intr x quit undef -echo eol ~ icrnl cs7").changes;
    CHECK(getty::write_stty_words(changes) ==
          "cs7 icrnl -echo intr x quit undef erase ^? eol ~ time 5");
}

TEST_CASE("written stty words are read as the same changes") {
    const std::vector<std::string_view> cases{
        "",
        "sane",
        "raw -echo",
        "cs7 parenb parodd ixon -ixany erase ^H kill @ intr undef min 0 time 5",
        "cr3 nl1 tab2 bs1 vt1 ff1 ofill ofdel",
        "quit 0x80 eol 0x20 eol2 0xff lnext ^?",
        "cmspar extproc flusho xcase iutf8",
    };
    for (const std::string_view words : cases) {
        CAPTURE(words);
        const auto changes = getty::read_stty_words(words).changes;
        const std::string written = getty::write_stty_words(changes);
        CAPTURE(written);
        CHECK(getty::read_stty_words(written).problems == Texts{});
        CHECK(getty::read_stty_words(written).changes == changes);
        CHECK(getty::write_stty_words(getty::read_stty_words(written).changes) == written);
    }
}

TEST_CASE("random bytes are no mode words and no danger") {
    tests::feed_random_text(
        "sane -echo erase ^H kill 0x15 min 999 B9600 VERASE \\b \\777 SANE TAB3 ispeed rows 9600 ",
        [](const std::string& text) {
            (void)getty::read_stty_words(text);
            const auto changes = getty::read_gettydefs_flags(text).changes;
            CHECK(getty::read_stty_words(getty::write_stty_words(changes)).changes == changes);
        });
}
