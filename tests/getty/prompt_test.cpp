#include "getty/prompt.hpp"

#include "tests/getty/random_text.hpp"

#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using getty::IssueFacts;
using getty::LineProfile;
using getty::PromptStyle;

namespace {

IssueFacts facts() {
    IssueFacts facts;
    facts.system_name = [] { return "Linux"; };
    facts.node_name = [] { return "box.example.org"; };
    facts.release = [] { return "6.1.0"; };
    facts.version = [] { return "#1 SMP"; };
    facts.machine = [] { return "x86_64"; };
    facts.now = [] {
        std::tm now{};
        now.tm_year = 126;
        now.tm_mon = 10;
        now.tm_mday = 3;
        now.tm_wday = 2;
        now.tm_hour = 7;
        now.tm_min = 8;
        now.tm_sec = 9;
        now.tm_zone = "UTC";
        return now;
    };
    facts.users = [] { return 3U; };
    facts.line = "ttyS0";
    facts.speed = 9600;
    return facts;
}

struct Case {
    std::string_view text;
    std::string_view shown;
};

}  // namespace

TEST_CASE("prompts of gettydefs") {
    const std::vector<Case> cases{
        {"login: ", "login: "},
        {"@S @H login: ", "box.example.org box login: "},
        {"@L at @B", "ttyS0 at 9600"},
        {"@D @T", "11/03/26 07:08:09"},
        {"@U @V", "3 #1 SMP"},
        {"@@ @x @", "@ @x @"},
        {"\\r\\n\\t\\b\\f\\g\\v", "\r\n\t\b\f\a\v"},
        {"a\\sb\\c", "a b"},
        {"\\101\\12x\\0601", "A\nx01"},
        {"\\100S", "@S"},
        {"\\@S\\\\S\\#", "@S\\S#"},
        {"\\D \\T", "03/11 07:08:09"},
        {"\\C", "Tue Nov  3 07:08:09 2026"},
        {"\\L \\P \\N \\U \\S", "ttyS0 ttyS0 3 3 9600"},
        {"[\\I\\Y]", "[]"},
        {"%h\\", "%h\\"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        CHECK(getty::render_prompt(c.text, LineProfile{}, facts()) == c.shown);
    }
}

TEST_CASE("prompts of gettytab") {
    LineProfile profile{.prompt_style = PromptStyle::gettytab};
    const std::vector<Case> cases{
        {"\r\n%s/%m (%h) (%t)\r\n", "\r\nLinux/x86_64 (box.example.org) (ttyS0)\r\n"},
        {"%r %v 100%%", "6.1.0 #1 SMP 100%"},
        {"%d", "Tue Nov  3 07:08:09 UTC 2026"},
        {"%x %", "%x %"},
        {"@S \\n", "@S \\n"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        CHECK(getty::render_prompt(c.text, profile, facts()) == c.shown);
    }
    profile.date_format = "%H.%M";
    CHECK(getty::render_prompt("%d", profile, facts()) == "07.08");
    profile.date_format = "%+";
    CHECK(getty::render_prompt("%d", profile, facts()) == "Tue Nov  3 07:08:09 UTC 2026");
    profile.host_name = "other";
    CHECK(getty::render_prompt("%h", profile, facts()) == "other");
}

TEST_CASE("gettytab's editing of the host name") {
    const std::vector<Case> cases{
        {"", "box.example.org"},
        {"@@@", "box.example.org"},
        {"###", ".example.org"},
        {"my-", "my-box.example.org"},
        {"@#X", "bXx.example.org"},
        {"####@@@@@@@@@@@@@@@@", "example.org"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const LineProfile profile{.prompt_style = PromptStyle::gettytab,
                                  .host_edit = std::string{c.text}};
        CHECK(getty::render_prompt("%h", profile, facts()) == c.shown);
    }
}

TEST_CASE("facts in a prompt are harmless, and one that is missing is left out") {
    IssueFacts odd;
    odd.node_name = [] { return "a\x1b[2Jb"; };
    odd.line = "tty\n1";
    CHECK(getty::render_prompt("@S @L", LineProfile{}, odd) == "a^[[2Jb tty^J1");
    CHECK(getty::render_prompt("@D@T@U@V\\C", LineProfile{}, IssueFacts{}).empty());
    CHECK(getty::render_prompt("%d%h%m%r%s%v%t", {.prompt_style = PromptStyle::gettytab}, {})
              .empty());
}

TEST_CASE("random bytes in a prompt do no harm") {
    tests::feed_random_text("@S@L@@\\n\\101\\D%h%d%% login: ", [](const std::string& text) {
        const LineProfile bsd{.prompt_style = PromptStyle::gettytab, .date_format = text};
        (void)getty::render_prompt(text, LineProfile{}, facts());
        (void)getty::render_prompt(text, bsd, facts());
    });
}
