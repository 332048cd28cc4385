#include "getty/dump.hpp"

#include "getty/getty_conf.hpp"
#include "getty/option_table.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <termios.h>

#include <doctest/doctest.h>

using getty::LineProfile;
using getty::OptionSetting;
using getty::PlacedProfile;

TEST_CASE("dump: the last to say something is named, modes and environment add up") {
    const std::vector<PlacedProfile> places{
        {"default", {.terminal_type = "vt220", .options = {{"delay", "0"}, {"noclear", "no"}}}},
        {"/etc/ttys:3", {.label = "ttyS0", .terminal_type = "vt100"}},
        {"/etc/getty.conf:1", {.speeds = {9600}, .environment = {"A=1"}}},
        {"/etc/getty.conf:2", {.environment = {"B=2"}}},
        {"command line", {.speeds = {115'200}, .options = {{"noclear", "yes"}}}}};
    CHECK(dump_of("ttyS0", places) ==
          "[ttyS0]\n"
          "# default\n"
          "delay = 0\n"
          "# /etc/ttys:3\n"
          "term = vt100\n"
          "# /etc/getty.conf:1\n"
          "environment = A=1\n"
          "# /etc/getty.conf:2\n"
          "environment = B=2\n"
          "# command line\n"
          "speed = 115200\n"
          "noclear = yes\n");
    CHECK(getty::dump_of("", {}).empty());
}

TEST_CASE("dump: what it prints is a table that has no fault, whatever the values are") {
    LineProfile odd{.prompt = "\x1b[1m #\n", .issue_text = " x "};
    const auto text =
        dump_of("tty1",
                std::vector<PlacedProfile>{getty::defaults({.login_program = "/l"}, "linux"),
                                           {.place = "a\nb", .profile = odd}});
    const auto conf = getty::read_getty_conf(text);
    CHECK(conf.problems.empty());
    REQUIRE(conf.profiles.size() == 1);
    CHECK(conf.profiles[0].prompt == odd.prompt);
    CHECK(conf.profiles[0].issue_text == odd.issue_text);
    CHECK(conf.profiles[0].terminal_type == "linux");
    CHECK(conf.profiles[0].console_speed);
}

TEST_CASE("dump: the defaults name each switch, and those alone that set something of a line") {
    const auto said = getty::defaults({}, "vt220");
    std::size_t switches = 0;
    for (const OptionSetting& setting : said.profile.options) {
        switches += setting.value == "no" ? 1U : 0U;
        CHECK(setting.name != "check");
        CHECK(setting.name != "json");
    }
    std::size_t in_table = 0;
    for (const auto& [rule, apply] : getty::option_table()) {
        in_table += rule.argument == common::Argument::none && !rule.help.empty() ? 1U : 0U;
    }
    // --8bits, --list-speeds, --show-issue, --reload, --help, --version, --check, --dump, --json.
    CHECK(switches == in_table - 9);
}

TEST_CASE("dump: options and credentials are told apart, and an option has one name") {
    const std::vector<OptionSetting> given{
        {"autologin", "ann"}, {"autologin", "ann"}, {"loginprog", "/l"}, {"check", "yes"}};
    const std::vector<OptionSetting> credentials{{"autologin", "ann"}};
    const auto said = getty::said_by_options(given, credentials);
    REQUIRE(said.size() == 3);
    CHECK(said[0] ==
          PlacedProfile{"credential agetty.autologin", {.options = {{"autologin", "ann"}}}});
    CHECK(said[1] == PlacedProfile{"command line", {.options = {{"autologin", "ann"}}}});
    CHECK(said[2] == PlacedProfile{"command line", {.options = {{"login-program", "/l"}}}});
}

TEST_CASE("dump: operands in the kernel's form say modes too") {
    const auto said = getty::said_by_operands(
        {.speeds = {9600},
         .setup = {.speed = 9600, .control_set = CS7 | PARENB, .control_cleared = CSIZE | PARODD},
         .terminal_type = "vt52"});
    CHECK(dump_of("", std::vector<PlacedProfile>{said}) ==
          "# command line\nspeed = 9600\ninitial-modes = cs7 parenb -parodd\n"
          "modes = cs7 parenb -parodd\nterm = vt52\n");
}

TEST_CASE("getty.conf: read key by key, each piece knows its place, includes and all") {
    const getty::FileReader reader = [](const std::string& path) -> std::optional<std::string> {
        if (path == "/c/a") {
            return "speed = 300\n\n[tty1 tty2]\nterm = a\ninclude = b\nterm = c\n";
        }
        return path == "/c/b" ? std::optional<std::string>{"# more\nprompt = x\n"} : std::nullopt;
    };
    const std::vector<std::string> files{"/c/a"};
    const auto pieces = getty::read_getty_conf_files(files, reader, getty::Grain::key);
    std::string seen;
    REQUIRE(pieces.places.size() == pieces.sections.size());
    for (std::size_t i = 0; i < pieces.sections.size(); ++i) {
        LineProfile piece = pieces.sections[i];
        CHECK(is_for_line(piece, "tty2") == !piece.label.empty());
        piece.label.clear();
        seen += pieces.places[i] + " " + write_getty_conf(piece);
    }
    // A header is a place that says nothing.
    CHECK(seen ==
          "/c/a:1 speed = 300\n/c/a:3 /c/a:4 term = a\n/c/b:2 prompt = x\n/c/a:6 term = c\n");
    CHECK(getty::read_getty_conf_files(files, reader).places.empty());
}
