#include "getty/gettydefs.hpp"

#include "getty/mode_words.hpp"
#include "tests/getty/random_text.hpp"

#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace std::string_view_literals;
using getty::LineProfile;
using getty::Problem;
using getty::ReadProfiles;

namespace {

using Problems = std::vector<Problem>;

getty::ModeChanges modes(std::string_view words) {
    return getty::read_stty_words(words).changes;
}

/// As Solaris and Linux had them: one line each, several lines, comments,
/// prompts with both kinds of escapes.
constexpr std::string_view sample =
    "# Terminals in the machine room\n"
    "console# B9600 OPOST ONLCR # B9600 SANE IXANY -TABS #console login: #console\n"
    "\n"
    "# dial-in, a ring of three\n"
    "19200# B19200 HUPCL # B19200 SANE IXANY TAB3 HUPCL #\\r\\n@S @L login: #9600\n"
    "\n"
    "9600# B9600 HUPCL CS7\n"
    "    EVENP # B9600 SANE -ISTRIP\n"
    "# even a comment inside of an entry\n"
    "    HUPCL VERASE \\b #@S!login: # 1200\n"
    "\n"
    "1200# EXTA HUPCL # B1200 SANE #First line\n"
    "second: #\n"
    "19200\n"
    "\n"
    "VC#B0 CS8#SANE#login: #\n";

}  // namespace

TEST_CASE("gettydefs: entries as they stand in the world") {
    const ReadProfiles read = getty::read_gettydefs(sample);
    CHECK(read.problems == Problems{});
    REQUIRE(read.profiles.size() == 5);

    const LineProfile& console = read.profiles[0];
    CHECK(console.line == 2);
    CHECK(console.label == "console");
    CHECK(console.speeds == std::vector<getty::Speed>{9600});
    CHECK_FALSE(console.login_speed.has_value());
    CHECK(console.initial_modes == modes("opost onlcr"));
    CHECK(console.login_modes == modes("sane ixany tab3"));
    CHECK(console.prompt == "console login: ");
    CHECK(console.prompt_style == getty::PromptStyle::gettydefs);
    CHECK(console.next == "console");

    CHECK(read.profiles[1].prompt == "\\r\\n@S @L login: ");
    CHECK(read.profiles[1].next == "9600");

    const LineProfile& slow = read.profiles[2];
    CHECK(slow.line == 7);
    CHECK(slow.initial_modes == modes("hupcl evenp"));
    CHECK(slow.login_modes == modes("sane -istrip hupcl erase ^H"));
    CHECK(slow.prompt == "@S!login: ");
    CHECK(slow.next == "1200");

    const LineProfile& two_speeds = read.profiles[3];
    CHECK(two_speeds.speeds == std::vector<getty::Speed>{19200});
    CHECK(two_speeds.login_speed == 1200U);
    CHECK(two_speeds.prompt == "First line\nsecond: ");
    CHECK(two_speeds.next == "19200");

    const LineProfile& virtual_console = read.profiles[4];
    CHECK(virtual_console.label == "VC");
    CHECK(virtual_console.speeds.empty());
    CHECK_FALSE(virtual_console.next.has_value());
    CHECK(virtual_console.not_honoured == std::vector<std::string>{"B0"});
}

TEST_CASE("gettydefs: a # after a backslash separates nothing") {
    const ReadProfiles read = getty::read_gettydefs("a# B9600 # SANE #press \\# or @\\@: #a\n");
    CHECK(read.problems == Problems{});
    REQUIRE(read.profiles.size() == 1);
    CHECK(read.profiles[0].prompt == "press \\# or @\\@: ");
}

TEST_CASE("gettydefs: every problem is told with its line, and the rest counts") {
    struct Case {
        std::string_view text;
        Problems problems;
        std::vector<std::string> labels;
    };
    const std::vector<Case> cases{
        {"a# B9600 # SANE # login: #a\n", {}, {"a"}},
        {"", {}, {}},
        {"# only\n\n# comments\n", {}, {}},
        // not closed: by an empty line, by the end
        {"a# B9600 # SANE\n  CS8\n\nb# B300 # SANE #l#b\n",
         {{1, "the entry ends after 3 of its 5 fields"}},
         {"b"}},
        {"b# B300 # SANE #l#b\n\n\na\n", {{4, "the entry ends after 1 of its 5 fields"}}, {"b"}},
        {"\n\na# B9600 # SANE #login: \n", {{3, "the entry ends after 4 of its 5 fields"}}, {}},
        // no empty line between
        {"a# B9600 # SANE #l#b\nb# B300 # SANE #l#a\n",
         {{2, "no empty line before this entry"}},
         {"a", "b"}},
        {"a# B9600 # SANE #l#\nb# B300 # SANE #l#a\n",
         {{2, "no empty line before this entry"}},
         {"a", "b"}},
        // flags, each with the line it stands in
        {"a# B9600 FOO\n BAR # SANE\n\tBAZ QUX # l # a\n",
         {{1, "\"FOO\" is no flag"},
          {2, "\"BAR\" is no flag"},
          {3, "\"BAZ\" is no flag"},
          {3, "\"QUX\" is no flag"}},
         {"a"}},
        // labels
        {" # B9600 # SANE #l#b\n", {{1, "an entry without a label"}}, {}},
        {"a b# B9600 # SANE #l#b\n", {{1, "a label is one word: \"a b\""}}, {}},
        {"a# B9600 # SANE #l#b c\n", {{1, "something follows the next label: \"c\""}}, {"a"}},
        {"a# B9600 #\n C\0S8 #\n SANE #l#b\n"sv, {{2, "a NUL byte cannot be in a line"}}, {"a"}},
        {"a# B9600 # SANE #l#b # c\n", {{1, "something follows the next label: \"#\""}}, {"a"}},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const ReadProfiles read = getty::read_gettydefs(c.text);
        CHECK(read.problems == c.problems);
        std::vector<std::string> labels;
        for (const LineProfile& profile : read.profiles) {
            labels.push_back(profile.label);
        }
        CHECK(labels == c.labels);
    }
}

TEST_CASE("gettydefs: a wrong flag costs only itself") {
    const ReadProfiles read = getty::read_gettydefs("a# B9600 CS8 FOO # BAR ECHO # l # a\n");
    REQUIRE(read.profiles.size() == 1);
    CHECK(read.profiles[0].initial_modes == modes("cs8"));
    CHECK(read.profiles[0].login_modes == modes("echo"));
}

TEST_CASE("gettydefs: lines that end with CR LF") {
    const ReadProfiles read =
        getty::read_gettydefs("a# B9600 # SANE #l: #b\r\n\r\nb# B300 # SANE #l: #a\r\n");
    CHECK(read.problems == Problems{});
    REQUIRE(read.profiles.size() == 2);
    CHECK(read.profiles[0].next == "b");
}

TEST_CASE("gettydefs: random bytes do no harm") {
    tests::feed_random_text("a# B9600 CS8 # SANE -ECHO VERASE \\b #@S login: #b \\# \n\n# c\n",
                            [](const std::string& text) { (void)getty::read_gettydefs(text); });
}

TEST_CASE("gettydefs: an entry that never closes is read once, not once a line") {
    std::string text = "a# B9600\n";
    for (int i = 0; i < 30'000; ++i) {
        text += "x\n";
    }
    const ReadProfiles read = getty::read_gettydefs(text);
    CHECK(read.problems == Problems{{1, "the entry ends after 2 of its 5 fields"}});
}
