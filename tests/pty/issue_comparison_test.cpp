#include "tests/pty/dialogue.hpp"
#include "tests/pty/escaped.hpp"
#include "tests/pty/network.hpp"
#include "tests/pty/test_world.hpp"

#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

/// Debian 12's, which is what "byte for byte" means.
constexpr const char* agetty = "/sbin/agetty";
constexpr const char* known_version = "util-linux 2.38";

const std::string issue_path = "/run/compared.issue";

void need_agetty() {
    if (::access(agetty, X_OK) != 0) {
        tests::skip("needs util-linux' agetty in /sbin");
    }
    pty::Command command{.arguments = {agetty, "--version"}};
    command.standard = pty::Standard::captured;
    if (pty::run(command).output.find(known_version) == std::string::npos) {
        tests::skip("needs the agetty of util-linux 2.38: what later ones print differs");
    }
}

/// What a program shows on a line of its own; nothing where it does not end in time.
std::optional<std::string> shown_by(const char* program,
                                    const std::vector<std::string>& options,
                                    pty::Milliseconds deadline = pty::default_deadline) {
    pty::Line line;
    pty::Command command{.arguments = {program, "--show-issue"}};
    command.arguments.insert(command.arguments.end(), options.begin(), options.end());
    command.session = pty::Session::leader_with_terminal;
    command.standard = pty::Standard::line;
    auto process = line.start_on(command);
    if (!pty::wait_until([&] { return !process.is_running(); }, deadline)) {
        process.signal(SIGKILL);
        return std::nullopt;
    }
    line.expect_hang_up();
    return line.transcript();
}

/// An issue, and why the two may show it differently: "" if they may not.
struct Sample {
    std::string text;
    std::string reason{};
};

/// Compares once more where they differ: the second may have ended in between.
void compare(const std::string& what,
             const std::vector<std::string>& options,
             const std::string& reason) {
    std::optional<std::string> theirs;
    std::optional<std::string> ours;
    // Where the two differ agetty may be one that never ends.
    const auto patience = reason.empty() ? pty::default_deadline : 1000ms * pty::slowness;
    constexpr int most_attempts = 20;
    for (int attempt = 0;
         attempt < most_attempts && (attempt == 0 || (reason.empty() && theirs != ours));
         ++attempt) {
        theirs = shown_by(agetty, options, patience);
        ours = shown_by(pty::World::getty(), options);
    }
    const std::string both = "agetty " + (theirs ? pty::escaped(*theirs) : "does not end") +
                             "\n  ours " + (ours ? pty::escaped(*ours) : "does not end");
    CAPTURE(what);
    CAPTURE(both);
    REQUIRE(ours.has_value());
    if (reason.empty()) {
        CHECK(theirs == ours);
    } else {
        CAPTURE(reason);
        CHECK(theirs != ours);
    }
}

void compare_all(const pty::World& world, const std::vector<Sample>& samples) {
    for (const Sample& sample : samples) {
        world.write_file(issue_path, sample.text);
        compare(pty::escaped(sample.text), {"--issue-file", issue_path}, sample.reason);
    }
}

}  // namespace

TEST_CASE("issue escapes are those of agetty, byte for byte") {
    const pty::TestWorld world;
    need_agetty();
    pty::leave_network();
    const pty::Addresses addresses;
    addresses.add("192.0.2.7");
    addresses.add("198.51.100.8");
    world.write_file("/etc/nsswitch.conf", "hosts: files\n");
    world.write_file("/etc/hosts", "127.0.1.1 box\n");

    const std::string unfinished = "an argument without an end: agetty swallows the rest, or hangs";
    const std::string later = "an escape that agetty 2.38 does not have";
    compare_all(world,
                {
                    {""},
                    {"plain\n"},
                    {"no newline"},
                    {"two\nlines\n\n"},
                    {R"(\b)"},
                    {R"(\d)"},
                    {R"(\e[1mbold\e[0m)"},
                    {R"(\l)", "agetty without a line says tty1, whatever it stands on"},
                    {R"(\m)"},
                    {R"(\n)"},
                    {R"(\o)"},
                    {R"(\O)"},
                    {R"(\r)"},
                    {R"(\s)"},
                    {R"(\S)"},
                    {R"(\S{NAME})"},
                    {R"(\S{VERSION_ID}, \S{ID})"},
                    {R"(<\S{NOT_THERE}>)"},
                    {R"(<\S{id}>)"},
                    {R"(<\S{ANSI_COLOR}>)"},
                    {R"(\t)"},
                    {R"(\u)"},
                    {R"(\U)"},
                    {R"(\v)"},
                    {R"(\4{lo})"},
                    {R"(<\6{lo}>)"},
                    {R"(<\4{none}>)"},
                    {R"(<\4>, <\6>)",
                     "without an interface that is up agetty has the host's name resolved"},
                    {R"(<\4{}>)"},
                    {R"(<\e{}>)"},
                    {R"(\\)"},
                    {R"(\\n)"},
                    {R"(\q\z\!\ \{x})"},
                    {R"(\n{x}\u{y}\x{abc})"},
                    {R"(<\e{mauve}>)"},
                    {R"(<\e{Red}>)"},
                    {R"(<\e{ red}>)"},
                    {"a\tb\001c\033[1md\x7f\r\ne"},
                    {"\xc3\xa9\xff\x9b"},
                    {"a\0b"s},
                    {std::string(5000, 'x') + "\\n" + std::string(5000, 'y')},
                    {"\\S \\n \\l\n\n"s, "agetty without a line says tty1, whatever it stands on"},
                    {"\n\\e{lightblue}\\S{PRETTY_NAME}\\e{reset} \\r (\\m)\n\\d \\t, \\U\n\n"},
                    {R"(end\)", "agetty shows the byte 0xff for the end of the file"},
                    {R"(<\S{}>)", "agetty shows nothing of the whole issue from there on"},
                    {R"(<\e{red>)", unfinished},
                    {R"(<\S{ID> more)", unfinished},
                    {R"(<\4{lo> more)", unfinished},
                    {R"(<\4{interface=lo}>)", "a named argument is for later versions"},
                    {R"(<\a{lo}>)", later},
                    {R"(<\A{lo}>)", later},
                    {R"(<\k>)", later},
                });
}

TEST_CASE("issue colours are those of agetty") {
    const pty::TestWorld world;
    need_agetty();
    const std::string not_found = "agetty 2.38 has it in its manual and does not find it";
    for (const char* const colour :
         {"black",     "blink",     "blue",       "bold",         "brown",
          "cyan",      "darkgray",  "gray",       "green",        "halfbright",
          "lightblue", "lightcyan", "lightgreen", "lightmagenta", "lightred",
          "magenta",   "red",       "reset",      "reverse",      "yellow"}) {
        compare_all(world, {{"\\e{" + std::string{colour} + "}x"}});
    }
    compare_all(world, {{R"(\e{lightgray}x)", not_found}, {R"(\e{white}x)", not_found}});
}

TEST_CASE("issue takes the domain from where agetty finds it") {
    const pty::TestWorld world;
    need_agetty();
    pty::leave_network();
    world.write_file("/etc/nsswitch.conf", "hosts: files\n");
    world.write_file("/etc/hosts", "127.0.1.1 box.example.org box\n");
    compare_all(world, {{R"(\O)"}});
    world.write_file("/etc/hosts", "127.0.1.1 box\n192.0.2.1 other.example.org other\n");
    compare_all(world, {{R"(\O)"}});
}

TEST_CASE("issue reads os-release as agetty does, and better where its manual says so") {
    const pty::TestWorld world;
    need_agetty();
    world.remove_file("/etc/os-release");
    world.write_file("/etc/os-release", R"os(# comment
A="a b"
B='single'
C="q\"q"
D="\$x \`y\` \\z"
E=a\ b
F=plain
G=
H=""
I="open
NAME="Box OS"
PRETTY_NAME="Pretty Box"
ANSI_COLOR="1;31"
VERSION="12 (bookworm)"
#Z=no
)os");
    const std::string quotes = "os-release(5): quotes and backslashes as in a shell";
    compare_all(world,
                {
                    {R"(\S)"},
                    {R"(<\S{A}|\S{F}|\S{NAME}|\S{VERSION}|\S{Z}>)"},
                    {R"(\S{ANSI_COLOR}x\S{PRETTY_NAME}\e{reset})"},
                    {R"(<\S{I}>)"},
                    {R"(<\S{B}>)", quotes},
                    {R"(<\S{C}>)", quotes},
                    {R"(<\S{D}>)", quotes},
                    {R"(<\S{E}>)", quotes},
                    {R"(<\S{G}>)", "a value that is empty: agetty takes the next line for it"},
                    {R"(<\S{H}>)", "a value that is empty: agetty takes the next line for it"},
                });
    world.write_file("/etc/os-release", "");
    compare_all(world, {{R"(<\S|\S{NAME}|\S{ANSI_COLOR}>)"}});
}

TEST_CASE("issue files and directories are found as agetty finds them") {
    struct Setting {
        std::string what;
        std::vector<std::pair<std::string, std::string>> files;
        std::vector<std::string> options;
        std::string reason;
    };
    const std::vector<Setting> settings{
        {"none", {}, {}, {}},
        {"/etc/issue", {{"/etc/issue", "etc\n"}}, {}, {}},
        {"/etc/issue hides the others", {{"/etc/issue", "etc\n"}, {"/run/issue", "run\n"}}, {}, {}},
        {"/run/issue", {{"/run/issue", "run\n"}}, {}, {}},
        {"an empty one hides too", {{"/etc/issue", ""}, {"/run/issue", "run\n"}}, {}, {}},
        {"directories beside it",
         {{"/etc/issue", "etc\n"},
          {"/etc/issue.d/b.issue", "B\n"},
          {"/etc/issue.d/a.issue", "A\n"},
          {"/etc/issue.d/.c.issue", "C\n"},
          {"/etc/issue.d/d.txt", "D\n"},
          {"/etc/issue.d/e.issue~", "E\n"},
          {"/etc/issue.d/10-x.issue", "10\n"},
          {"/etc/issue.d/9-x.issue", "9\n"},
          {"/etc/issue.d/Z.issue", "Z\n"}},
         {},
         {}},
        {"a name in a directory that is looked at earlier",
         {{"/etc/issue.d/a.issue", "etc a\n"},
          {"/run/issue.d/a.issue", "run a\n"},
          {"/run/issue.d/b.issue", "run b\n"}},
         {},
         "agetty 2.38 looks into one of the directories, later ones into all"},
        {"directories alone", {{"/run/issue.d/a.issue", "run a\n"}}, {}, {}},
        {"a file that is named", {{"/run/x", "x \\s\n"}}, {"--issue-file", "/run/x"}, {}},
        {"files that are named",
         {{"/run/x", "x\n"}, {"/run/y", "y\n"}},
         {"--issue-file", "/run/y:/run/none:/run/x"},
         {}},
        {"a directory that is named",
         {{"/run/d/b.issue", "b\n"}, {"/run/d/a.issue", "a\n"}, {"/run/d/c", "c\n"}},
         {"--issue-file", "/run/d"},
         {}},
        {"a directory and a file",
         {{"/run/d/b.issue", "b\n"}, {"/run/x", "x\n"}},
         {"--issue-file", "/run/x:/run/d"},
         {}},
        {"what is named is not there",
         {{"/etc/issue", "etc\n"}},
         {"--issue-file", "/run/none"},
         {}},
    };
    for (const Setting& setting : settings) {
        const pty::TestWorld world;
        need_agetty();
        world.remove_file("/etc/issue");
        for (const auto& [path, text] : setting.files) {
            world.write_file(path, text);
        }
        compare(setting.what, setting.options, setting.reason);
    }
}

TEST_CASE("issue of BusyBox: % is an escape too where it is asked for") {
    const pty::TestWorld world;
    const auto shown = [&world](const std::string& text, const std::vector<std::string>& options) {
        world.write_file(issue_path, text);
        std::vector<std::string> all = options;
        all.insert(all.end(), {"--issue-file", issue_path});
        return shown_by(pty::World::getty(), all);
    };
    CHECK(shown("%n 100%% %q %s{x} \\n", {"--issue-style=busybox"}) == "box 100% q Linux{x} box");
    CHECK(shown("%n 100%% \\n", {}) == "%n 100%% box");
    CHECK(shown("%n 100%% \\n", {"--issue-style=agetty"}) == "%n 100%% box");
}

TEST_CASE("issue shows SSH host keys as ssh-keygen does") {
    const pty::TestWorld world;
    constexpr const char* keygen = "/usr/bin/ssh-keygen";
    if (::access(keygen, X_OK) != 0) {
        tests::skip("needs ssh-keygen");
    }
    world.write_file("/etc/ssh/none", "");
    std::string expected;
    for (const char* const kind : {"ecdsa", "ed25519", "rsa"}) {
        const std::string path = "/etc/ssh/ssh_host_" + std::string{kind} + "_key";
        pty::Command make{.arguments = {keygen, "-q", "-t", kind, "-N", "", "-C", "x", "-f", path}};
        REQUIRE(pty::run(make, 120s).exit.status == 0);
        // "256 SHA256:... x (ED25519)"
        std::string told = pty::run({.arguments = {keygen, "-l", "-f", path + ".pub"}}).output;
        told.erase(0, told.find(' ') + 1);
        told.erase(told.find(" x"), 2);
        expected += told;
    }
    world.write_file("/etc/ssh/ssh_host_broken_key.pub", "ssh-rsa \x1b[2J!\n");
    world.write_file(issue_path, "\\k\n");
    const auto shown = shown_by(pty::World::getty(), {"--issue-file", issue_path});
    std::string lines = shown.value_or("");
    for (std::size_t at = 0; (at = lines.find('\r')) != std::string::npos;) {
        lines.erase(at, 1);
    }
    CHECK(lines == expected);
}
