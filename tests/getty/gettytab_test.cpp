#include "getty/gettytab.hpp"

#include "getty/mode_words.hpp"
#include "tests/getty/random_text.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using getty::LineProfile;
using getty::OptionSetting;
using getty::Problem;
using getty::ReadProfiles;

namespace {

using Problems = std::vector<Problem>;
using Texts = std::vector<std::string>;
using Options = std::vector<OptionSetting>;
using Speeds = std::vector<getty::Speed>;

getty::ModeChanges modes(std::string_view words) {
    return getty::read_stty_words(words).changes;
}

/// The only entry of a table of one.
LineProfile entry(const std::string& fields) {
    ReadProfiles read = getty::read_gettytab("x:" + fields + ":\n");
    CHECK(read.problems == Problems{});
    REQUIRE(read.profiles.size() == 1);
    return std::move(read.profiles.front());
}

constexpr std::string_view sample =
    "# Classes of lines\n"
    "default:\\\n"
    "\t:cb:ce:ck:lc:fd#1000:im=\\r\\n%s/%m (%h) (%t)\\r\\n\\r\\n:sp#1200:\\\n"
    "\t:if=/etc/issue:\n"
    "\n"
    "2|std.9600|9600-baud:\\\n"
    "\t:np:sp#9600:\n"
    "#\n"
    "3wire.9600:\\\n"
    "\t:np:nc:hw:sp#9600:\n"
    "# ring\n"
    "D2400|d2400|Fast-Dial-2400:\\\n"
    "\t:nx=D1200:sp#2400:fd@:\n"
    "3|D1200|Fast Dial 1200:\\\n"
    "\t:nx=Fast-Dial-2400:tc=D2400:\n"
    "-|tty33|Pity the user of this:\\\n"
    "\t:lm@:tc=std.9600:\n"
    "al.9600:\\\n"
    "\t:al=root:tc=std.9600\n";

const LineProfile& find(const ReadProfiles& read, std::string_view label) {
    const auto found = std::find_if(read.profiles.begin(),
                                    read.profiles.end(),
                                    [=](const LineProfile& p) { return p.label == label; });
    REQUIRE(found != read.profiles.end());
    return *found;
}

}  // namespace

TEST_CASE("gettytab: entries as they stand in the world") {
    const ReadProfiles read = getty::read_gettytab(sample);
    CHECK(read.problems == Problems{});
    CHECK(read.profiles.size() == 7);

    const LineProfile& standard = find(read, "std.9600");
    CHECK(standard.line == 6);
    CHECK(standard.aliases == Texts{"2", "9600-baud"});
    CHECK(standard.speeds == Speeds{9600});
    CHECK(standard.login_modes == modes("cs8 -parenb -istrip -inpck -ignpar echoe echoke"));
    CHECK(standard.initial_modes == modes("cs8 -parenb -istrip -inpck -ignpar"));
    CHECK(standard.prompt_style == getty::PromptStyle::gettytab);
    CHECK(standard.issue_text == "\r\n%s/%m (%h) (%t)\r\n\r\n");
    CHECK(standard.options == Options{{.name = "issue-file", .value = "/etc/issue"}});
    CHECK(standard.not_honoured == Texts{"fd#1000"});

    const LineProfile& three_wires = find(read, "3wire.9600");
    CHECK(three_wires.options == Options{{.name = "issue-file", .value = "/etc/issue"},
                                         {.name = "flow-control", .value = "yes"},
                                         {.name = "local-line", .value = "always"}});

    // Whatever name the table uses, next is the label of the entry meant.
    CHECK(find(read, "D2400").next == "D1200");
    CHECK(find(read, "D1200").next == "D2400");
    CHECK(find(read, "D1200").speeds == Speeds{2400});
    // fd@ takes away what default has.
    CHECK(find(read, "D2400").not_honoured == Texts{});

    CHECK(find(read, "tty33").speeds == Speeds{9600});
    CHECK(find(read, "tty33").aliases == Texts{"-", "Pity the user of this"});
    CHECK(find(read, "al.9600").options.front() ==
          OptionSetting{.name = "autologin", .value = "root"});
}

TEST_CASE("gettytab: what an entry says wins over tc= and default, and @ takes away") {
    const ReadProfiles read = getty::read_gettytab(
        "default:lm=default\\72 :to#5:tt=dumb:\n"
        "base:lm=base\\72 :to#6:de#1:tt=vt52:\n"
        "own:lm=own\\72 :tc=base:\n"
        "gone:lm@:tt@:tc=base:\n"
        "late:tc=base:lm@:\n"
        "again:lm=first:lm=second:\n");
    CHECK(read.problems == Problems{});
    CHECK(find(read, "own").prompt == "own: ");
    CHECK(find(read, "own").terminal_type == "vt52");
    CHECK(find(read, "own").options ==
          Options{{.name = "delay", .value = "1"}, {.name = "timeout", .value = "6"}});
    CHECK_FALSE(find(read, "gone").prompt.has_value());
    CHECK_FALSE(find(read, "gone").terminal_type.has_value());
    CHECK(find(read, "late").prompt == "base: ");
    CHECK(find(read, "again").prompt == "first");
}

TEST_CASE("gettytab: texts") {
    struct Case {
        std::string_view written;
        std::string_view text;
    };
    const std::vector<Case> cases{
        {"plain ", "plain "},
        {"\\E[2J", "\x1b[2J"},
        {"\\e", "\x1b"},
        {"a^Gb", "a\ab"},
        {"^?", "\x7f"},
        {"^\\", "\x1c"},
        {"\\072\\72x", "::x"},
        {"\\r\\n\\t\\b\\f", "\r\n\t\b\f"},
        {"\\C", ":"},
        {"\\\\", "\\"},
        {"\\^", "^"},
        {"end^", "end^"},
        {"\\1011", "A1"},
        {"a#b|c", "a#b|c"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.written);
        CHECK(entry("lm=" + std::string{c.written}).prompt == c.text);
    }
}

TEST_CASE("gettytab: what each capability comes to") {
    CHECK(entry("ac=RING ATA CONNECT").answer_chat == "RING ATA CONNECT");
    CHECK(entry("ic=\"\" ATE0Q0V1\\r OK\\r").init_chat == "\"\" ATE0Q0V1\r OK\r");
    CHECK(entry("ct#30").chat_timeout == std::chrono::seconds{30});
    CHECK(entry("rt#9").ring_timeout == std::chrono::seconds{9});
    CHECK(entry("cl=\\E[H").clear_text == "\x1b[H");
    CHECK(entry("df=%H").date_format == "%H");
    CHECK(entry("he=@#").host_edit == "@#");
    CHECK(entry("hn=box").host_name == "box");
    CHECK(entry("tt=vt100").terminal_type == "vt100");
    CHECK(entry("ev=LANG=C,A=b c,,").environment == Texts{"LANG=C", "A=b c"});
    CHECK(entry("lo=/bin/sh").options == Options{{.name = "login-program", .value = "/bin/sh"}});
    CHECK(entry("to#60").options == Options{{.name = "timeout", .value = "60"}});
    CHECK(entry("nx=").next == std::nullopt);

    CHECK(entry("er=^H").login_modes == modes("erase ^H"));
    CHECK(entry("er=^H").options == Options{});
    CHECK(entry("er=#:kl=@").options ==
          Options{{.name = "erase-chars", .value = "#"}, {.name = "kill-chars", .value = "@"}});
    CHECK(entry("et=^D:in=^C:qu=^\\:su=^Z").login_modes ==
          modes("eof ^D intr ^C quit ^\\ susp ^Z"));
    CHECK(entry("bk=\\377:xn=^Q:xf=^S:rp=^R:fl=^O:we=^W:ln=^V").login_modes ==
          modes("eol undef start ^Q stop ^S rprnt ^R discard ^O werase ^W lnext ^V"));
    CHECK(entry("in=").login_modes == modes("intr undef"));

    CHECK(entry("ep").login_modes == modes("cs7 parenb -parodd istrip inpck ignpar"));
    CHECK(entry("op").login_modes == modes("cs7 parenb parodd istrip inpck ignpar"));
    CHECK(entry("op:ap").initial_modes == modes("cs7 parenb parodd istrip -inpck ignpar"));
    CHECK(entry("ep:op").login_modes == entry("ap").login_modes);
    CHECK(entry("np:ep").login_modes == entry("np").login_modes);
    CHECK(entry("ce:ck:pe:ec:xc").login_modes == modes("echoe echoke echoprt -echo -echoctl"));
    CHECK(entry("hc").initial_modes == modes("-hupcl"));
    CHECK(entry("ht:nl").login_modes == modes("tab0 -icrnl -onlcr"));
    CHECK(entry("co").prompt == "login: \n");
    CHECK(entry("co:lm=name\\72").prompt == "name:\n");
    CHECK(entry("rw:ub:lc:cb").not_honoured == Texts{});
    CHECK(entry("rw:ub:lc:cb").login_modes == getty::ModeChanges{});
}

TEST_CASE("gettytab: speeds") {
    CHECK(entry("sp#9600").speeds == Speeds{9600});
    CHECK(entry("sp#0").speeds == Speeds{0});
    CHECK(entry("sp#9600:os#1200").speeds == Speeds{1200});
    CHECK(entry("is#75:os#1200").speeds == Speeds{1200});
    CHECK(entry("is#75:os#1200").not_honoured == Texts{"is#75"});
    CHECK(entry("is#300").speeds == Speeds{300});
    CHECK(entry("sp#4000000000").not_honoured == Texts{"sp#4000000000"});
}

TEST_CASE("gettytab: flag words of the three stages") {
    const LineProfile local = entry(
        "c0#0x0000c300:c1#0x0000cb00:c2#0x0000cb00:"
        "o0#0x00000007:o1#0x00000002:o2#0x00000007:"
        "i0#0x00000704:i1#0x00000000:i2#0x00000704:"
        "l0#0x000005cf:l1#0x00000000:l2#0x000005cf");
    CHECK(local.not_honoured == Texts{});
    // Read with stage 1, write with the output flags of stage 0: no echo, but CR LF.
    CHECK((local.initial_modes.local.touched & ECHO) != 0);
    CHECK(local.initial_modes.local.bits == 0);
    CHECK((local.initial_modes.output.bits & (OPOST | ONLCR)) == (OPOST | ONLCR));
    CHECK(local.initial_modes.control.bits == (CS8 | CREAD | HUPCL | CLOCAL));
    CHECK(local.login_modes.local.bits ==
          (ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE));
    CHECK(local.login_modes.input.bits == (IGNPAR | ICRNL | IXON | IXOFF));

    // BSD ignores a stage that is not complete, and so do we, but say so.
    const LineProfile half = entry("c2#0x4b00:i2#0:np");
    CHECK(half.not_honoured == Texts{"c2 without the other three", "i2 without the other three"});
    CHECK(half.login_modes == entry("np").login_modes);

    CHECK(entry("c2#0100000:i2#0:l2#0:o2#0").login_modes.control.bits == CLOCAL);
    CHECK(entry("c2#0x100300:i2#0:l2#0:o2#8").not_honoured == Texts{"c2: MDMBUF", "o2: ONOEOT"});
}

TEST_CASE("gettytab: what cannot be done is reported, what costs nothing is not") {
    CHECK(entry("ab:ps:ig:mb").not_honoured == Texts{"ab", "ig", "mb", "ps"});
    CHECK(entry("ds=^Y:pp=/usr/sbin/ppp:Lo=de_DE").not_honoured ==
          Texts{"ds=\x19", "Lo=de_DE", "pp=/usr/sbin/ppp"});
    CHECK(entry("nd#1:cd#2:pf#1:dc#15:f0#040").not_honoured ==
          Texts{"cd#2", "dc#15", "f0#32", "nd#1", "pf#1"});
    CHECK(entry("nd#0:pc=\\000:Lo=C:ds=:ds=\\377").not_honoured == Texts{});
    CHECK(entry("cl=50\\E[H").not_honoured == Texts{"the delay of cl=50"});
    CHECK(entry("cl=50\\E[H").clear_text == "\x1b[H");
    CHECK(entry("ev=nothing").not_honoured == Texts{"ev=nothing"});
}

TEST_CASE("gettytab: every problem is told with its line, and the rest counts") {
    struct Case {
        std::string_view text;
        Problems problems;
        Texts labels;
    };
    const std::vector<Case> cases{
        {"a:np:\n\nb:np", {}, {"a", "b"}},
        {"a:\\\n\t:np:\\\n\t:zz:\\\n\t:sp=9600:to#fast:ce#1:lm#3:lm:\n",
         {{3, "unknown capability \"zz\""},
          {4, "\"sp=9600\" is not a number, as xx#10"},
          {4, "\"to#fast\" is not a number, as xx#10"},
          {4, "\"ce#1\" is not a boolean, as xx"},
          {4, "\"lm#3\" is not a text, as xx=text"},
          {4, "\"lm\" is not a text, as xx=text"}},
         {"a"}},
        {"a:lm=x\\000y:\n", {{1, "\"lm=x\\000y\" is not a text, as xx=text"}}, {"a"}},
        // not closed: by the end, by an empty line
        {"# c\na:\\\n\t:np:\\\n",
         {{2, "the entry is not closed: its last line ends with \\"}},
         {"a"}},
        {"a:np:\\\n\nb:np:\n",
         {{1, "the entry is not closed: its last line ends with \\"}},
         {"a", "b"}},
        // a backslash forgotten
        {"a:np:\n\t:sp#300:\\\n\t:zz:\nb:np:\n",
         {{2, "belongs to no entry: is a backslash missing at the end of the line before?"}},
         {"a", "b"}},
        {"a:np:\njust words\n", {{2, "an entry without fields: \"just words\""}}, {"a"}},
        {":np:\n||:np:\n", {{1, "an entry without a name"}, {2, "an entry without a name"}}, {}},
        {"a|b:np:\nc|b:np:\n",
         {{2, "a second entry named \"b\", which is not found by it"}},
         {"a", "c"}},
        // tc
        {"a:tc=b:\n", {{1, "tc=\"b\" names no entry"}}, {"a"}},
        {"default:tc=b:\na:np:\n", {{1, "tc=\"b\" names no entry"}}, {"default", "a"}},
        {"a:tc=a:\n", {{1, "tc= leads back to \"a\""}}, {"a"}},
        {"a:\\\n\t:np:tc=b:\nb:tc=c:\nc:tc=a:\nd:tc=a:\n",
         {{2, "tc= leads back to \"a\""},
          {3, "tc= leads back to \"b\""},
          {4, "tc= leads back to \"c\""}},
         {"a", "b", "c", "d"}},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const ReadProfiles read = getty::read_gettytab(c.text);
        CHECK(read.problems == c.problems);
        Texts labels;
        for (const LineProfile& profile : read.profiles) {
            labels.push_back(profile.label);
        }
        CHECK(labels == c.labels);
    }
}

TEST_CASE("gettytab: a loop of tc= still gives what its entries say") {
    const ReadProfiles read = getty::read_gettytab("a:sp#300:tc=b:\nb:to#5:tc=a:\n");
    CHECK(find(read, "a").speeds == Speeds{300});
    CHECK(find(read, "a").options == Options{{.name = "timeout", .value = "5"}});
    CHECK(find(read, "b").speeds == Speeds{300});
}

TEST_CASE("gettytab: tc= too deep is a problem, not the end") {
    std::string text;
    for (int i = 0; i < 40; ++i) {
        text += "e" + std::to_string(i) + ":tc=e" + std::to_string(i + 1) + ":\n";
    }
    text += "e40:sp#300:\n";
    const ReadProfiles read = getty::read_gettytab(text);
    CHECK(read.problems.size() == 9);
    CHECK(read.problems.front() == Problem{1, "tc= is more than 32 entries deep"});
    CHECK(find(read, "e0").speeds == Speeds{});
    CHECK(find(read, "e9").speeds == Speeds{300});
}

TEST_CASE("gettytab: an entry reached by many ways is read once") {
    std::string text;
    for (int i = 0; i < 30; ++i) {
        const std::string next = "tc=e" + std::to_string(i + 1) + ":";
        text += "e" + std::to_string(i) + ":" + next + next + next + "\n";
    }
    text += "e30:sp#300:\n";
    CHECK(find(getty::read_gettytab(text), "e0").speeds == Speeds{300});
}

TEST_CASE("gettytab: random bytes do no harm") {
    tests::feed_random_text(
        "default:\\\n\t:tc=b:\na|b|c d:\\\n:sp#9600:lm=\\E^X\\072:np@:c0#0x1:nx=a:ev=A=b,:cl=5\\E:",
        [](const std::string& text) { (void)getty::read_gettytab(text); });
}
