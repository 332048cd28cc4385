#include "getty/login_command.hpp"

#include <algorithm>
#include <cerrno>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using common::Environment;
using getty::is_login_name;
using getty::login_arguments;
using getty::Options;
using namespace std::string_literals;
using namespace std::string_view_literals;
using Words = std::vector<std::string>;

namespace {

std::string joined(const Words& words) {
    std::string text;
    for (const std::string& word : words) {
        text += "<" + word + ">";
    }
    return text;
}

}  // namespace

TEST_CASE("names that people have are names") {
    for (const std::string& name : {"ann"s,
                                    "a"s,
                                    "ann-marie"s,
                                    "Ann.Smith"s,
                                    "ann_smith"s,
                                    "0"s,
                                    "1000"s,
                                    "DOMAIN\\ann"s,
                                    "ann@example.org"s,
                                    "host$"s,
                                    "jos\xc3\xa9"s,
                                    "\xe4\xb8\xad\xe6\x96\x87"s,
                                    "\xf0\x9f\x98\x80"s,
                                    "a+b"s,
                                    "~ann"s,
                                    std::string(256, 'a')}) {
        CAPTURE(name);
        CHECK(is_login_name(name));
    }
}

TEST_CASE("T-01: what could be an option, a field or a forgery is no name") {
    for (const std::string& name : {""s,
                                    "-"s,
                                    "--"s,
                                    "-froot"s,
                                    "-f root"s,
                                    "-h x"s,
                                    "-p"s,
                                    "root -f"s,
                                    "\t-f"s,
                                    " root"s,
                                    "root "s,
                                    "root\0"s,
                                    "root\0-f"s,
                                    "\0"s,
                                    "root\n"s,
                                    "root\r"s,
                                    "\x1b[2J"s,
                                    "a\x7f"s,
                                    "A=1"s,
                                    "a,b"s,
                                    "a\"b"s,
                                    "a'b"s,
                                    "a/b"s,
                                    "../root"s,
                                    "a:b"s,
                                    "\xff"s,
                                    "caf\xe9"s,
                                    "\xc0\xaf"s,
                                    "\xed\xa0\x80"s,
                                    "\xc2\x9b"s,
                                    "\xe2\x80\xae"
                                    "ann"s,
                                    "\xef\xbb\xbf"
                                    "ann"s,
                                    "\xe2\x80\xa8"s,
                                    "ann\xc3"s,
                                    std::string(257, 'a'),
                                    std::string(65'536, 'a')}) {
        CAPTURE(name);
        CHECK_FALSE(is_login_name(name));
    }
}

TEST_CASE("login's arguments are what its options and the name make") {
    struct Case {
        std::string_view what;
        Options options;
        std::string_view name;
        Words arguments;
    };
    const std::vector<Case> cases{
        {"a name", {}, "ann", {"login", "--", "ann"}},
        {"no name", {.skip_login = true}, "", {"login"}},
        {"autologin", {.autologin = "ann"}, "ann", {"login", "-f", "--", "ann"}},
        {"a host that stays here", {.host = "far"}, "ann", {"login", "--", "ann"}},
        {"a host", {.host = "far", .remote = true}, "ann", {"login", "-h", "far", "--", "ann"}},
        {"no host name",
         {.remote = true, .no_hostname = true},
         "ann",
         {"login", "-H", "--", "ann"}},
        {"a host wins",
         {.host = "far", .remote = true, .no_hostname = true},
         "ann",
         {"login", "-h", "far", "--", "ann"}},
        {"remote alone", {.remote = true}, "ann", {"login", "--", "ann"}},
        {"host and autologin",
         {.autologin = "ann", .host = "far", .remote = true},
         "ann",
         {"login", "-h", "far", "-f", "--", "ann"}},
        {"systemd's template", {.login_options = "-p -- \\u"}, "ann", {"login", "-p", "--", "ann"}},
        {"the template replaces the arguments whole: -f is the administrator's to write",
         {.login_options = "-p -- \\u", .autologin = "root"},
         "root",
         {"login", "-p", "--", "root"}},
        {"autologin by template",
         {.login_options = "-p -f -- \\u", .autologin = "ann"},
         "ann",
         {"login", "-p", "-f", "--", "ann"}},
        {"the name stays one word",
         {.login_options = "  x\\uy \t -- \\u\\u  "},
         "a\\u",
         {"login", "xa\\uy", "--", "a\\ua\\u"}},
        {"a template without a name", {.login_options = "-p"}, "ann", {"login", "-p"}},
        {"other backslashes stay, as agetty has it",
         {.login_options = "\\x \\\\u a\\"},
         "ann",
         {"login", "\\x", "\\ann", "a\\"}},
        {"no name is no word",
         {.login_options = "-p x\\u -- \\u", .skip_login = true},
         "",
         {"login", "-p", "x", "--"}},
        {"a template of blanks", {.login_options = "   "}, "ann", {"login"}},
        {"a template and a host",
         {.login_options = "-- \\u", .host = "far", .remote = true},
         "ann",
         {"login", "--", "ann"}},
    };
    for (const Case& c : cases) {
        CAPTURE(c.what);
        Options options = c.options;
        options.login_program = "login";
        CHECK(joined(login_arguments(options, c.name)) == joined(c.arguments));
    }
}

TEST_CASE("a template has at most sixteen words") {
    std::string words;
    for (int count = 0; count < 40; ++count) {
        words += "w ";
    }
    CHECK(login_arguments({.login_program = "login", .login_options = words}, "ann").size() == 17);
}

TEST_CASE("T-01: whatever is typed, login is called as LOGIN -- NAME") {
    std::mt19937 random{1};
    std::uniform_int_distribution<int> byte{0, 255};
    std::uniform_int_distribution<std::size_t> length{1, 6};
    constexpr std::string_view likely = "-fhproot =\t\n\\u\xc3\xa9\"";
    std::uniform_int_distribution<std::size_t> pick{0, likely.size() - 1};
    const Options options{.login_program = "/bin/login"};
    unsigned bad = 0;
    unsigned names = 0;
    for (int count = 0; count < 1'000'000; ++count) {
        std::string name(length(random), '\0');
        std::generate(name.begin(), name.end(), [&] {
            return count % 4 == 0 ? static_cast<char>(byte(random)) : likely[pick(random)];
        });
        if (!is_login_name(name)) {
            continue;
        }
        ++names;
        const Words words = login_arguments(options, name);
        const bool good = words.size() == 3 && words[0] == "/bin/login" && words[1] == "--" &&
                          words[2] == name && name.front() != '-' &&
                          name.find_first_of(" \t\n=\0"sv) == std::string_view::npos;
        bad += good ? 0U : 1U;
    }
    CHECK(bad == 0);
    CHECK(names > 10'000);
}

TEST_CASE("login inherits the terminal's type, locale, time zone, path and seat") {
    Environment inherited;
    for (const auto& [name, value] : {std::pair{"TERM", "wrong"},
                                      {"PATH", "/bin"},
                                      {"LANG", "de_DE.UTF-8"},
                                      {"LANGUAGE", "de"},
                                      {"LC_ALL", "C"},
                                      {"LC_TIME", "C"},
                                      {"TZ", "UTC"},
                                      {"COLORTERM", "truecolor"},
                                      {"NO_COLOR", ""},
                                      {"XDG_SEAT", "seat0"},
                                      {"XDG_VTNR", "1"},
                                      // What could steer login.
                                      {"LD_PRELOAD", "/tmp/x.so"},
                                      {"LD_LIBRARY_PATH", "/tmp"},
                                      {"LOCPATH", "/tmp"},
                                      {"NLSPATH", "/tmp"},
                                      {"GCONV_PATH", "/tmp"},
                                      {"CREDENTIALS_DIRECTORY", "/tmp"},
                                      {"LOGIN_PRE_SUID_SCRIPT", "/tmp/x"},
                                      {"MALLOC_TRACE", "/tmp/x"},
                                      {"TMPDIR", "/tmp"},
                                      {"IFS", "x"},
                                      {"ENV", "/tmp/x"},
                                      {"BASH_ENV", "/tmp/x"},
                                      {"HOME", "/"},
                                      {"USER", "root"},
                                      {"SHELL", "/tmp/x"},
                                      {"LC", "x"},
                                      {"PATHS", "x"},
                                      {"XDG_SESSION_ID", "1"}}) {
        inherited.set(name, value);
    }
    CHECK(joined(getty::login_environment(inherited, "vt220", {}).entries()) ==
          joined({"TERM=vt220",
                  "PATH=/bin",
                  "LANG=de_DE.UTF-8",
                  "LANGUAGE=de",
                  "LC_ALL=C",
                  "LC_TIME=C",
                  "TZ=UTC",
                  "COLORTERM=truecolor",
                  "NO_COLOR=",
                  "XDG_SEAT=seat0",
                  "XDG_VTNR=1"}));
    CHECK(joined(getty::login_environment({}, "linux", {}).entries()) == "<TERM=linux>");
    const getty::LineProfile profile{.environment = {"TZ=UTC", "EMPTY=", "TERM=vt52"}};
    CHECK(joined(getty::login_environment(inherited, "linux", profile).entries())
              .find("<TERM=vt52>") != std::string::npos);
    CHECK(joined(getty::login_environment({}, "linux", profile).entries()) ==
          "<TERM=vt52><TZ=UTC><EMPTY=>");
}

TEST_CASE("no login program: what cannot be run is told from what can") {
    CHECK(getty::problem_with_program("/bin/sh") == 0);
    CHECK(getty::problem_with_program("/nonexistent/login") == ENOENT);
    CHECK(getty::problem_with_program("/bin/sh/login") == ENOTDIR);
    CHECK(getty::problem_with_program("/bin") == EISDIR);
    CHECK(getty::problem_with_program("/dev/null") == EACCES);
    CHECK(getty::problem_with_program("/etc/passwd") == EACCES);
}
