#include "getty/issue.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using getty::IssueFacts;
using namespace std::string_literals;

namespace {

struct Case {
    std::string_view text;
    std::string_view expected;
};

std::string rendered(std::string_view text, const IssueFacts& facts) {
    return getty::render_issue(text, facts).text;
}

IssueFacts facts() {
    return {
        .system_name = [] { return "Linux"s; },
        .node_name = [] { return "box"s; },
        .release = [] { return "6.1.0"s; },
        .version = [] { return "#1 SMP"s; },
        .machine = [] { return "x86_64"s; },
        .domain = [] { return "nis"s; },
        .host_domain = [] { return "example.org"s; },
        .now =
            [] {
                std::tm time{};
                time.tm_year = 126;
                time.tm_mon = 10;
                time.tm_mday = 21;
                time.tm_wday = 6;
                time.tm_hour = 1;
                time.tm_min = 2;
                time.tm_sec = 3;
                return time;
            },
        .users = [] { return 2U; },
        .os_release = [](std::string_view name) -> std::string {
            return name == "PRETTY_NAME"  ? "Debian GNU/Linux 12"
                   : name == "ID"         ? "debian"
                   : name == "ANSI_COLOR" ? "1;31"
                                          : "";
        },
        .ipv4_address =
            [](std::string_view i) { return i.empty() ? "192.0.2.1"s : "4:" + std::string{i}; },
        .ipv6_address =
            [](std::string_view i) { return i.empty() ? "2001:db8::1"s : "6:" + std::string{i}; },
        .addresses =
            [](getty::AddressList which, std::string_view i) {
                return (which == getty::AddressList::best ? "best:"s : "all:"s) + std::string{i} +
                       "\nmore";
            },
        .host_keys = [] { return "one\ntwo"s; },
        .qr_code =
            [](std::string_view text) {
                return text.size() > 6 ? ""s : "[" + std::string{text} + "]";
            },
        .line = "ttyS0",
        .speed = 115'200,
    };
}

}  // namespace

TEST_CASE("every escape of an issue stands for its fact") {
    const std::vector<Case> cases{
        {"", ""},
        {"Welcome\n", "Welcome\n"},
        {R"(\b)", "115200"},
        {R"(\d)", "Sat Nov 21  2026"},
        {R"(\t)", "01:02:03"},
        {R"(\l)", "ttyS0"},
        {R"(\m)", "x86_64"},
        {R"(\n)", "box"},
        {R"(\o)", "nis"},
        {R"(\O)", "example.org"},
        {R"(\r)", "6.1.0"},
        {R"(\s)", "Linux"},
        {R"(\u)", "2 "},
        {R"(\U)", "2 users"},
        {R"(\v)", "#1 SMP"},
        {R"(\S)", "Debian GNU/Linux 12"},
        {R"(\S{ID})", "debian"},
        {R"(\S{NONE})", ""},
        {R"(\S{ANSI_COLOR})", "\x1b[1;31m"},
        {R"(\4)", "192.0.2.1"},
        {R"(\4{eth0})", "4:eth0"},
        {R"(\6)", "2001:db8::1"},
        {R"(\6{eth0})", "6:eth0"},
        {R"(\4{interface=eth0})", "4:eth0"},
        {R"(\6{interface=eth0})", "6:eth0"},
        {R"(<\4{}|\S{}|\e{}|\a{}>)", "<|||>"},
        {R"(\a)", "best:\nmore"},
        {R"(\a{eth0})", "best:eth0\nmore"},
        {R"(\A{interface=eth0})", "all:eth0\nmore"},
        {R"(\k)", "one\ntwo"},
        {R"(\e)", "\x1b"},
        {R"(\e[1m)", "\x1b[1m"},
        {R"(\\)", "\\"},
        {R"(\\n)", "\\n"},
        {R"(\q)", "q"},
        {R"(\q{}x)", "x"},
        {R"(\q{hello})", "[hello]"},
        {R"(\q{no room)", "q{no room"},
        {"\\q{too long\x1b}", "too long^["},
        {R"(\{x})", "{x}"},
        {R"(\n \l)"
         "\n",
         "box ttyS0\n"},
        {R"(\n{x})", "box{x}"},
        {R"(\4{eth0)", "192.0.2.1{eth0"},
        {"end\\", "end"},
        // The text is the administrator's: it passes as it is.
        {"\x1b[2J\xff\r\n", "\x1b[2J\xff\r\n"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        CHECK(rendered(c.text, facts()) == c.expected);
    }
}

TEST_CASE("colours have names") {
    const std::vector<Case> colours{
        {"black", "30"},      {"blink", "5"},         {"blue", "34"},
        {"bold", "1"},        {"brown", "33"},        {"cyan", "36"},
        {"darkgray", "1;30"}, {"gray", "37"},         {"green", "32"},
        {"halfbright", "2"},  {"lightblue", "1;34"},  {"lightcyan", "1;36"},
        {"lightgray", "37"},  {"lightgreen", "1;32"}, {"lightmagenta", "1;35"},
        {"lightred", "1;31"}, {"magenta", "35"},      {"red", "31"},
        {"reset", "0"},       {"reverse", "7"},       {"white", "1;37"},
        {"yellow", "1;33"},
    };
    for (const Case& c : colours) {
        CAPTURE(c.text);
        CHECK(rendered("\\e{" + std::string{c.text} + "}x", facts()) ==
              "\x1b[" + std::string{c.expected} + "mx");
    }
    CHECK(rendered("\\e{mauve}x", facts()) == "x");
    CHECK(rendered("\\e{Red}x", facts()) == "x");
}

TEST_CASE("facts are made harmless, one user is one user") {
    IssueFacts hostile = facts();
    hostile.node_name = [] { return "box\x1b[2J\n"s; };
    hostile.os_release = [](std::string_view) { return "1m\x1b]0;x\x07"s; };
    hostile.ipv4_address = [](std::string_view) { return "\x9b"s; };
    hostile.line = "tty\t1";
    hostile.users = [] { return 1U; };
    CHECK(rendered(R"(\n|\l|\4|\S{ANSI_COLOR}|\S|\U)", hostile) ==
          "box^[[2J^J|tty^I1|\\x9b|\x1b[1m^[]0;x^Gm|1m^[]0;x^G|1 user");
    hostile.users = [] { return 0U; };
    CHECK(rendered(R"(\U)", hostile) == "0 users");
}

TEST_CASE("what is not known is left out") {
    IssueFacts none = facts();
    none.line.clear();
    none.os_release = [](std::string_view) { return ""s; };
    none.ipv4_address = [](std::string_view) { return ""s; };
    CHECK(rendered(R"(<\4>)", none) == "<>");
    CHECK(rendered(R"(\l)", none) == "-");
    CHECK(rendered(R"(\S)", none) == "Linux");
    CHECK(rendered(R"(<\S{ANSI_COLOR}>)", none) == "<>");
}

TEST_CASE("an issue tells what it used") {
    struct Use {
        std::string_view text;
        bool addresses;
        bool host_name;
        bool domain_name;
    };
    const std::vector<Use> cases{
        {R"(plain \s \l \e{red} \S \k)", false, false, false},
        {R"(\\4)", false, false, false},
        {R"(\4{})", false, false, false},
        {R"(\4)", true, false, false},
        {R"(\6{eth0})", true, false, false},
        {R"(\a)", true, false, false},
        {R"(\A)", true, false, false},
        {R"(\n)", false, true, false},
        {R"(\O)", false, true, false},
        {R"(\o)", false, false, true},
        {R"(\n \o \4)", true, true, true},
    };
    for (const Use& c : cases) {
        CAPTURE(c.text);
        const auto issue = getty::render_issue(c.text, facts());
        CHECK(issue.uses_addresses == c.addresses);
        CHECK(issue.uses_host_name == c.host_name);
        CHECK(issue.uses_domain_name == c.domain_name);
    }
}

TEST_CASE("time and users change the text of an issue, not what lasts of it") {
    IssueFacts later = facts();
    later.now = [] { return std::tm{}; };
    later.users = [] { return 7U; };
    constexpr std::string_view text = R"(\n, \d \t, \u \U)";
    const auto first = getty::render_issue(text, facts());
    const auto second = getty::render_issue(text, later);
    CHECK(first.text != second.text);
    CHECK(first.lasting_hash == second.lasting_hash);
    later.node_name = [] { return "crate"s; };
    CHECK(getty::render_issue(text, later).lasting_hash != first.lasting_hash);
    CHECK(getty::render_issue("\\n; \\d \\t, \\u \\U", facts()).lasting_hash != first.lasting_hash);
}

TEST_CASE("the hash is FNV-1a") {
    // From the vectors of its authors.
    CHECK(getty::text_hash("") == 0xcbf29ce484222325U);
    CHECK(getty::text_hash("a") == 0xaf63dc4c8601ec8cU);
    CHECK(getty::text_hash("foobar") == 0x85944171f73967e8U);
    CHECK(getty::text_hash("bar", getty::text_hash("foo")) == getty::text_hash("foobar"));
}

TEST_CASE("BusyBox' and mingetty's % is an escape where it is asked for") {
    const std::vector<Case> cases{
        {"%s %n %r %v %m", "Linux box 6.1.0 #1 SMP x86_64"},
        {"%l|%o|%u|%U|%d|%t", "ttyS0|nis|2 |2 users|Sat Nov 21  2026|01:02:03"},
        {"%%|%q|%4|%e", "%|q|4|e"},
        {"%S{ID}", "S{ID}"},
        {R"(\n \4{eth0} \S{ID})", "box 4:eth0 debian"},
        {"100%", "100"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        CHECK(getty::render_issue(c.text, facts(), getty::IssueStyle::busybox).text == c.expected);
        CHECK(rendered("%n%%", facts()) == "%n%%");
    }
}

TEST_CASE("a plain issue asks for no fact") {
    CHECK(rendered("Welcome {\\q}\\e{red}\n", IssueFacts{}) == "Welcome {q}\x1b[31m\n");
}

TEST_CASE("rubbish is rendered to its end, by both styles") {
    std::mt19937 random{4};
    constexpr std::string_view pieces = "\\\\\\%{}=46aASekndtuUo x\n";
    std::size_t longest = 0;
    for (int count = 0; count < 20'000; ++count) {
        std::string text;
        for (std::size_t length = random() % 40; length > 0; --length) {
            text += random() % 8 == 0 ? static_cast<char>(random() & 0xffU)
                                      : pieces[random() % pieces.size()];
        }
        for (const auto style : {getty::IssueStyle::agetty, getty::IssueStyle::busybox}) {
            longest = std::max(longest, getty::render_issue(text, facts(), style).text.size());
        }
    }
    CHECK(longest > 40);
    CHECK(longest < 1000);
}
