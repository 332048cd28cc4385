#include "tests/pty/dialogue.hpp"
#include "tests/pty/test_world.hpp"
#include "tests/pty/virtual_terminal.hpp"

#include <string>
#include <vector>

#include <linux/kd.h>
#include <termios.h>

#include <doctest/doctest.h>

namespace {

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};

/// What a terminal emulator sets and a serial port does not have.
void set_utf8(const pty::Line& line, bool on) {
    termios modes = line.modes();
    if (on) {
        modes.c_iflag |= IUTF8;
    } else {
        modes.c_iflag &= ~static_cast<tcflag_t>(IUTF8);
    }
    line.set_modes(modes);
}

/// Takes from a virtual terminal what its font is said to have beyond ASCII.
void keep_ascii_only(const pty::VirtualTerminal& terminal) {
    constexpr unsigned short blank = 0x20;
    constexpr unsigned short beyond = 0x7F;
    std::vector<unipair> glyphs;
    for (unsigned short glyph = blank; glyph < beyond; ++glyph) {
        glyphs.push_back({.unicode = glyph, .fontpos = glyph});
    }
    unimapinit advice{};
    terminal.control(PIO_UNIMAPCLR, &advice);
    unimapdesc font{.entry_ct = static_cast<unsigned short>(glyphs.size()),
                    .entries = glyphs.data()};
    terminal.control(PIO_UNIMAP, &font);
}

}  // namespace

TEST_CASE("--language: getty and the login it starts speak it, the prompts and the log do not") {
    pty::TestWorld world;
    pty::add_person(world, ann);
    pty::Line line;
    const auto getty = pty::start_getty(line, {"--language", "de"});
    line.expect("box login: ");
    line.send("a b\r");
    line.expect("Das kann kein Name sein");
    line.expect("box login: ");
    line.send("ann\r");
    line.expect("Password: ");
    line.send("wrong\r");
    line.expect("Anmeldung fehlgeschlagen");
    line.expect("login: ");
    world.wait_for_log("FAILED LOGIN 1");
    CHECK(world.count_log("refused a name on") == 1);
    CHECK(world.count_log("kein Name") == 0);

    line.send("ann\r");
    line.expect("Password: ");
    line.send("secret\r");
    line.expect("ready> ");
    line.send("echo [$LANGUAGE]\r");
    line.expect("[]");
}

TEST_CASE("the language is that of the machine's files, where the line shows its letters") {
    constexpr const char* english = "That cannot be a name";
    constexpr const char* in_german = "Das kann kein Name sein";
    constexpr const char* in_french = "Ce ne peut pas \xc3\xaatre un nom";
    struct Row {
        const char* locale_conf;
        const char* default_locale;
        bool utf8;
        const char* said;
    };
    const std::vector<Row> rows{
        {nullptr, nullptr, true, english},
        {"LANG=de_DE.UTF-8\n", nullptr, true, in_german},
        {"LANG=de_DE.UTF-8\n", nullptr, false, english},
        {"# ours\nLANG=\"fr_CA.UTF-8\"\n", nullptr, true, in_french},
        {"LANG=de_DE.UTF-8\nLC_MESSAGES=fr_FR.UTF-8\n", nullptr, true, in_french},
        {"LANG=de_DE.UTF-8\nLANGUAGE=fr:de\n", nullptr, true, in_french},
        {nullptr, "LANG=de_DE.UTF-8\n", true, in_german},
        {"LANG=C.UTF-8\n", "LANG=de_DE.UTF-8\n", true, english},
        {"LANG=en_GB.UTF-8\n", nullptr, true, english},
        {"LANG=tlh\n", nullptr, true, english},
        {"LANG=../../../../tmp\n", nullptr, true, english},
        {"LANG=\n", nullptr, true, english},
    };
    for (const Row& row : rows) {
        CAPTURE(row.locale_conf);
        CAPTURE(row.default_locale);
        CAPTURE(row.utf8);
        pty::TestWorld world;
        if (row.locale_conf != nullptr) {
            world.write_file("/etc/locale.conf", row.locale_conf);
        }
        if (row.default_locale != nullptr) {
            world.write_file("/etc/default/locale", row.default_locale);
        }
        pty::Line line;
        set_utf8(line, row.utf8);
        const auto getty = pty::start_getty(line, {});
        line.expect("box login: ");
        line.send("a b\r");
        line.expect(row.said);
        line.expect("box login: ");
    }
}

TEST_CASE("a virtual terminal: only if its font has the letters") {
    pty::TestWorld world;
    world.write_file("/etc/locale.conf", "LANG=de_DE.UTF-8\n");
    const pty::VirtualTerminal terminal;
    std::string words = "[zum Anmelden die Eingabetaste dr\u00fccken]";
    SUBCASE("it has") {}
    SUBCASE("it has not") {
        keep_ascii_only(terminal);
        words = "[press ENTER to login]";
    }
    const auto getty = terminal.start_for(
        {.arguments = {
             pty::World::getty(), "-l", pty::World::login(), "--login-pause", "{line}", "linux"}});
    terminal.expect(words);
}
