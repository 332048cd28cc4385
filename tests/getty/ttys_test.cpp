#include "getty/ttys.hpp"

#include "tests/getty/random_text.hpp"

#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using getty::LineProfile;
using getty::LineStatus;
using getty::OptionSetting;
using getty::Problem;
using getty::ReadProfiles;

namespace {

using Problems = std::vector<Problem>;
using Texts = std::vector<std::string>;

constexpr std::string_view sample =
    "#\n"
    "# name\tgetty\t\t\t\ttype\tstatus\t\tcomments\n"
    "console\tnone\t\t\t\tunknown\toff secure\n"
    "ttyv0\t\"/usr/libexec/getty Pc\"\t\txterm\tonifexists secure\n"
    "ttyu0\t\"/usr/libexec/getty 3wire.9600\"\tvt100\tonifconsole insecure # board\n"
    "ttyd0\t\"/usr/libexec/getty -x std.1200 'a b'\"\tdialup\ton dialup group=dialin\n"
    "tty00   \"/usr/libexec/getty std.9600\"   vt220   on local rtscts softcar secure\n"
    "ttyv8\t\"/usr/local/bin/xdm -nodaemon\"\txterm\toff window=\"/usr/bin/X :0\"\n"
    "ttyp0   none    network\n"
    "ttyp1\n";

}  // namespace

TEST_CASE("ttys: lines as they stand in the world") {
    const ReadProfiles read = getty::read_ttys(sample);
    CHECK(read.problems == Problems{});
    REQUIRE(read.profiles.size() == 8);

    const LineProfile& console = read.profiles[0];
    CHECK(console.line == 3);
    CHECK(console.label == "console");
    CHECK(console.terminal_type == "unknown");
    CHECK(console.ttys.status == LineStatus::off);
    CHECK(console.ttys.secure);
    CHECK(console.ttys.command.empty());

    const LineProfile& screen = read.profiles[1];
    CHECK(screen.ttys.command == Texts{"/usr/libexec/getty", "Pc"});
    CHECK(screen.ttys.label == "Pc");
    CHECK(screen.ttys.status == LineStatus::on_if_exists);

    const LineProfile& board = read.profiles[2];
    CHECK(board.ttys.label == "3wire.9600");
    CHECK(board.ttys.status == LineStatus::on_if_console);
    CHECK_FALSE(board.ttys.secure);

    const LineProfile& modem = read.profiles[3];
    CHECK(modem.ttys.command == Texts{"/usr/libexec/getty", "-x", "std.1200", "a b"});
    CHECK(modem.ttys.label == "std.1200");
    CHECK(modem.ttys.kind == "dialup");
    CHECK(modem.not_honoured == Texts{"group=dialin"});

    const LineProfile& serial = read.profiles[4];
    CHECK(serial.terminal_type == "vt220");
    CHECK(serial.options == std::vector<OptionSetting>{{.name = "local-line", .value = "always"},
                                                       {.name = "flow-control", .value = "yes"}});

    const LineProfile& graphical = read.profiles[5];
    CHECK(graphical.ttys.label.empty());
    CHECK(graphical.not_honoured == Texts{"window=/usr/bin/X :0"});

    CHECK(read.profiles[6].terminal_type == "network");
    CHECK(read.profiles[6].ttys.status == LineStatus::off);
    CHECK(read.profiles[7].label == "ttyp1");
    CHECK_FALSE(read.profiles[7].terminal_type.has_value());
}

TEST_CASE("ttys: every problem is told with its line, and the rest counts") {
    const ReadProfiles read = getty::read_ttys(
        "tty1 \"/sbin/getty\" linux on sekure\n"
        "tty2 \"/sbin/getty Pc linux on\n"
        "tty1 none\n"
        "\"\" none\n"
        "tty3 /sbin/getty linux on quickly mdmbuf\n" +
        std::string{"tty4 n\0ne\n", 10});
    CHECK(read.problems == Problems{{1, "unknown flag \"sekure\""},
                                    {2, "a quote is not closed"},
                                    {3, "a second entry for \"tty1\", which is ignored"},
                                    {4, "an entry without a name"},
                                    {5, "unknown flag \"quickly\""},
                                    {6, "a NUL byte cannot be in a line"}});
    REQUIRE(read.profiles.size() == 2);
    CHECK(read.profiles[0].ttys.status == LineStatus::on);
    CHECK(read.profiles[0].ttys.label.empty());
    CHECK(read.profiles[1].label == "tty3");
    CHECK(read.profiles[1].not_honoured == Texts{"mdmbuf"});
}

TEST_CASE("ttys: random bytes do no harm") {
    tests::feed_random_text("ttyv0 \"/usr/libexec/getty Pc\" 'x' xterm on secure window=\"a\" # \n",
                            [](const std::string& text) { (void)getty::read_ttys(text); });
}
