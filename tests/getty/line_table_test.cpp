#include "getty/line_table.hpp"

#include "tests/getty/random_text.hpp"

#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using getty::LineProfile;
using getty::LineTable;
using getty::Problem;
using getty::TableFormat;

namespace {

using Problems = std::vector<Problem>;
using Texts = std::vector<std::string>;

constexpr std::string_view ring_of_three =
    "2400# B2400 # B2400 SANE # login: #1200\n\n"
    "1200# B1200 # B1200 SANE # login: #300\n\n"
    "300# B300 # B300 SANE # login: #2400\n\n"
    "in# B9600 # B9600 SANE # login: #1200\n\n"
    "alone# B9600 # B9600 SANE # login: #\n";

/// Labels of a ring, and after `>` the one it returns to.
std::string shown(const LineTable& table, std::string_view start) {
    const LineProfile* const profile = getty::find_label(table, start);
    REQUIRE(profile != nullptr);
    const getty::Ring ring = getty::ring_from(table, *profile);
    std::string text;
    for (const LineProfile* const entry : ring.entries) {
        text += entry->label + " ";
    }
    return text + "> " + ring.entries.at(ring.returns_to)->label;
}

}  // namespace

TEST_CASE("a table's format is told by its name") {
    struct Case {
        std::string_view path;
        std::optional<TableFormat> format;
    };
    const std::vector<Case> cases{
        {"/etc/gettydefs", TableFormat::gettydefs},
        {"gettytab", TableFormat::gettytab},
        {"/tmp/x/ttys", TableFormat::ttys},
        {"/etc/getty.conf", TableFormat::getty_conf},
        {"/etc/getty.conf.d/10-serial.conf", TableFormat::getty_conf},
        {"/etc/gettydefs.old", std::nullopt},
        {"/etc/ttys/", std::nullopt},
        {"", std::nullopt},
    };
    for (const Case& c : cases) {
        CAPTURE(c.path);
        CHECK(getty::format_of_file(c.path) == c.format);
    }
    CHECK(getty::format_named("getty.conf") == TableFormat::getty_conf);
    CHECK(getty::format_named("ttys") == TableFormat::ttys);
    CHECK(getty::format_named("inittab") == std::nullopt);
}

TEST_CASE("labels are looked up as their format says") {
    const LineTable defs = getty::read_line_table(TableFormat::gettydefs, ring_of_three);
    CHECK(getty::find_label(defs, "300")->label == "300");
    CHECK(getty::find_label(defs, "none") == nullptr);
    CHECK(getty::find_label_or_default(defs, "none")->label == "2400");

    const LineTable tab =
        getty::read_line_table(TableFormat::gettytab, "2|std.9600:np:\ndefault:ce:\n");
    CHECK(getty::find_label(tab, "2")->label == "std.9600");
    CHECK(getty::find_label_or_default(tab, "none")->label == "default");

    const LineTable ttys = getty::read_line_table(TableFormat::ttys, "tty1 none\n");
    CHECK(getty::find_label_or_default(ttys, "none") == nullptr);
    const LineTable nothing = getty::read_line_table(TableFormat::gettydefs, "");
    CHECK(getty::find_label_or_default(nothing, "none") == nullptr);
}

TEST_CASE("next goes round in a ring") {
    const LineTable table = getty::read_line_table(TableFormat::gettydefs, ring_of_three);
    CHECK(table.problems == Problems{});
    CHECK(shown(table, "2400") == "2400 1200 300 > 2400");
    CHECK(shown(table, "300") == "300 2400 1200 > 300");
    CHECK(shown(table, "in") == "in 1200 300 2400 > 1200");
    CHECK(shown(table, "alone") == "alone > alone");
}

TEST_CASE("a next that leads nowhere is a problem, and the entry is kept") {
    const LineTable defs = getty::read_line_table(
        TableFormat::gettydefs,
        "a# B9600 FOO # SANE # l #b\n\nb# B300 # SANE # l #none\n\na# B1 # SANE # l #a\n");
    CHECK(defs.problems == Problems{{1, "\"FOO\" is no flag"},
                                    {3, "next \"none\" is no entry"},
                                    {5, "a second entry labelled \"a\", which is not found"}});
    CHECK(shown(defs, "a") == "a b > b");

    CHECK(
        getty::read_line_table(TableFormat::gettytab, "a:np:\nb|c:nx=a:\nd:nx=none:\n").problems ==
        Problems{{3, "next \"none\" is no entry"}});
    CHECK(getty::read_line_table(TableFormat::getty_conf, "[a]\nnext = b\n").problems ==
          Problems{{1, "next \"b\" is no entry"}});
    // Another file may have it.
    CHECK(
        getty::read_line_table(TableFormat::getty_conf, "[a]\nnext = b\ninclude = x\n").problems ==
        Problems{});
}

TEST_CASE("a setting that getty's option refuses is told and taken out") {
    const LineTable table =
        getty::read_line_table(TableFormat::gettytab, "a:np:\nb:al=:lo=/bin/sh:\n");
    CHECK(table.problems == Problems{{2, "autologin: the value is empty"}});
    CHECK(getty::find_label(table, "b")->options ==
          std::vector<getty::OptionSetting>{{.name = "login-program", .value = "/bin/sh"}});
}

TEST_CASE("every setting of the tables is an option of getty") {
    const LineTable tab = getty::read_line_table(
        TableFormat::gettytab,
        "x:al=ann:er=#:kl=@:if=/etc/issue:lo=/bin/login:de#2:to#99999999:hw:nc:tt=vt100:sp#300:\n");
    CHECK(tab.problems == Problems{});
    const auto options = getty::with_profile({}, tab.profiles.at(0));
    CHECK(options.autologin == "ann");
    CHECK(options.erase_characters == "#");
    CHECK(options.kill_characters == "@");
    CHECK(options.issue_files == Texts{"/etc/issue"});
    CHECK(options.login_program == "/bin/login");
    CHECK(options.delay == std::chrono::seconds{2});
    CHECK(options.timeout == std::chrono::seconds{86400});
    CHECK(options.flow_control);
    CHECK(options.carrier == getty::Carrier::always_local);
    CHECK(options.terminal_type == "vt100");
    CHECK(options.speeds == std::vector<getty::Speed>{300});

    const LineTable ttys =
        getty::read_line_table(TableFormat::ttys, "tty00 none vt100 on local rtscts\n");
    CHECK(ttys.problems == Problems{});
    CHECK(getty::with_profile({}, ttys.profiles.at(0)).flow_control);
}

TEST_CASE("a flag set to no is not set, and what a profile does not say stays") {
    const LineTable table = getty::read_line_table(TableFormat::getty_conf,
                                                   "noclear = no\nnoissue = yes\ntimeout = 5\n");
    getty::Options before;
    before.terminal_type = "vt52";
    before.speeds = {300};
    const auto options = getty::with_profile(before, table.profiles.at(0));
    CHECK_FALSE(options.no_clear);
    CHECK(options.no_issue);
    CHECK(options.timeout == std::chrono::seconds{5});
    CHECK(options.terminal_type == "vt52");
    CHECK(options.speeds == std::vector<getty::Speed>{300});
}

TEST_CASE("a profile's speed takes the place of another way to have one") {
    const LineTable table =
        getty::read_line_table(TableFormat::getty_conf, "[a]\nspeed = console\n[b]\nspeed = 300\n");
    getty::Options before;
    before.speeds = {9600};
    const auto console = getty::with_profile(before, table.profiles.at(0));
    CHECK(console.console_speed);
    CHECK(console.speeds.empty());
    CHECK_FALSE(getty::with_profile(console, table.profiles.at(1)).console_speed);
}

TEST_CASE("dump shows a profile as a section of getty.conf") {
    const LineTable defs = getty::read_line_table(
        TableFormat::gettydefs,
        "F9600# B9600 CS8 CLOCAL LOBLK # B1200 SANE -ECHO VERASE \\b #\\r\\n@S login: #F9600\n");
    CHECK(getty::dump(defs.profiles.at(0)) ==
          "[F9600]\n"
          "speed = 9600\n"
          "login-speed = 1200\n"
          "initial-modes = cs8 clocal\n"
          "modes = cread -ignbrk brkint -inlcr -igncr icrnl -iuclc -ixany -ixoff imaxbel opost "
          "-olcuc onlcr -ocrnl -onocr -onlret -ofill -ofdel nl0 cr0 tab0 bs0 vt0 ff0 isig icanon "
          "iexten -echo echoe echok -echonl -noflsh -xcase -tostop -echoprt echoctl echoke -flusho "
          "-extproc intr ^C quit ^\\ erase ^H kill ^U eof ^D eol undef eol2 undef swtch undef "
          "start ^Q stop ^S susp ^Z rprnt ^R werase ^W lnext ^V discard ^O min 1 time 0\n"
          "next = F9600\n"
          "prompt-style = gettydefs\n"
          "prompt = \"\\\\r\\\\n@S login: \"\n"
          "# not honoured: LOBLK\n");

    const LineTable tab = getty::read_line_table(
        TableFormat::gettytab, "2|std.9600|9600 baud:np:nc:im=\\r\\n%s:ds=^Y:sp#9600:\n");
    CHECK(getty::dump(tab.profiles.at(0)) ==
          "[std.9600]\n"
          "speed = 9600\n"
          "initial-modes = cs8 -parenb -ignpar -inpck -istrip\n"
          "modes = cs8 -parenb -ignpar -inpck -istrip\n"
          "prompt-style = gettytab\n"
          "issue-text = \"\\r\\n%s\"\n"
          "local-line = always\n"
          "# also named: 2 9600 baud\n"
          "# not honoured: ds=^Y\n");

    const LineTable ttys = getty::read_line_table(
        TableFormat::ttys, "ttyd0 \"/usr/libexec/getty d1200\" dialup onifexists dialup rtscts\n");
    CHECK(getty::dump(ttys.profiles.at(0)) ==
          "[ttyd0]\n"
          "term = dialup\n"
          "flow-control = yes\n"
          "# command: /usr/libexec/getty d1200\n"
          "# label: d1200\n"
          "# status: onifexists\n"
          "# root lines: insecure\n"
          "# kind: dialup\n");
}

TEST_CASE("a dump is a getty.conf that says the same") {
    struct Case {
        TableFormat format;
        std::string_view text;
    };
    const std::vector<Case> cases{
        {TableFormat::getty_conf,
         "noclear = yes\n[ttyS*]\nspeed = 300,keep\nmodes = sane erase ^H\nprompt = \" \\\\n\"\n"},
        {TableFormat::gettydefs, ring_of_three},
        {TableFormat::gettytab,
         "default:ce:ck:im=\\r\\n%s:\nd300|x:nx=y:sp#300:ev=A=1,B=2:\ny:nx=x:ac=RING ATA\\r:ct#5:"
         "to#9:cl=\\E[H\\E[J:in=\\200:he=@#:hn=h:df=%H:al=ann:\n"},
        {TableFormat::ttys, "tty1 none linux on secure local\n"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const LineTable table = getty::read_line_table(c.format, c.text);
        REQUIRE(table.problems == Problems{});
        std::string all;
        for (const LineProfile& profile : table.profiles) {
            all += getty::dump(profile) + "\n";
        }
        CAPTURE(all);
        const LineTable again = getty::read_line_table(TableFormat::getty_conf, all);
        CHECK(again.problems == Problems{});
        REQUIRE(again.profiles.size() == table.profiles.size());
        for (std::size_t i = 0; i < table.profiles.size(); ++i) {
            LineProfile expected = table.profiles[i];
            // What stands in comments is for people.
            expected.line = again.profiles[i].line;
            expected.aliases.clear();
            expected.not_honoured.clear();
            expected.ttys = {};
            CHECK(again.profiles[i] == expected);
        }
    }
}

TEST_CASE("random bytes in a table of any format do no harm") {
    for (const TableFormat format : {TableFormat::getty_conf,
                                     TableFormat::gettydefs,
                                     TableFormat::gettytab,
                                     TableFormat::ttys}) {
        tests::feed_random_text(
            "a# B9600 # SANE # l #b\n\n[a]\nnext = b\nb|a:nx=a:tc=b:al=x:lo=:er=##:\\\n\t:np:\n",
            [=](const std::string& text) {
                const LineTable table = getty::read_line_table(format, text);
                for (const LineProfile& profile : table.profiles) {
                    CHECK_FALSE(getty::ring_from(table, profile).entries.empty());
                    (void)getty::with_profile({}, profile);
                    const LineTable again =
                        getty::read_line_table(TableFormat::getty_conf, getty::dump(profile));
                    // A next that stands alone leads nowhere; nothing else may be wrong.
                    for (const Problem& problem : again.problems) {
                        CAPTURE(problem.what);
                        CAPTURE(getty::dump(profile));
                        CHECK(problem.what.starts_with("next "));
                    }
                }
            });
    }
}
