// A wrong command line: said with a hint, at once to a person at a terminal, and
// after ten seconds where something else would start getty again.

#include "tests/pty/dialogue.hpp"
#include "tests/pty/test_world.hpp"

#include <list>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

constexpr auto pause_after_failure = 10s;

std::string said_about(const std::string& problem) {
    return "getty: " + problem + "\r\nTry 'getty --help' for more information.\r\n";
}

/// As a person at a shell on the line starts it, who is then told its status.
/// The shell is between: a child of process 1 is taken for one of an init's.
pty::Process start_by_shell(const pty::Line& line,
                            const std::string& words,
                            const std::string& redirections = {}) {
    return line.start_on({.arguments = {"/bin/sh",
                                        "-c",
                                        std::string{pty::World::getty()} + " " + words +
                                            redirections + "; echo status=$?"},
                          .session = pty::Session::leader_with_terminal});
}

}  // namespace

TEST_CASE("a wrong command line is answered at once on another terminal") {
    const pty::TestWorld world;
    struct Case {
        std::string words;
        std::string problem;
    };
    for (const Case& c :
         {Case{"--bogus tty9", "unknown option --bogus"},
          Case{"-Lalways tty9", "option -L: write -L=always, not -Lalways"},
          Case{"-t 010 tty9", "option --timeout: \"010\" is not a whole number from 0 to 86400"},
          Case{"-P 20 pts/999", "option --nice: \"20\" is not a whole number from -20 to 19"},
          Case{"", "no line given: name a terminal, as tty1 or ttyS0, or - for standard input"}}) {
        CAPTURE(c.words);
        pty::Line line;
        const auto shell = start_by_shell(line, c.words);
        const auto begun = pty::Clock::now();
        line.expect(said_about(c.problem) + "status=1\r\n");
        CHECK(pty::Clock::now() - begun < pause_after_failure);
    }
    // Standard input is not the terminal that shows the message.
    pty::Line line;
    const auto shell = start_by_shell(line, "--bogus -", " </dev/null");
    line.expect(said_about("unknown option --bogus") + "status=1\r\n");
}

TEST_CASE("--help and --version fail where standard output cannot be written") {
    const pty::TestWorld world;
    for (const std::string words : {"--help", "--version", "--list-speeds"}) {
        for (const std::string redirection : {" >/dev/full", " >&-"}) {
            CAPTURE(words + redirection);
            pty::Line line;
            const auto shell = start_by_shell(line, words, redirection);
            line.expect("status=1\r\n");
        }
    }
}

TEST_CASE("a wrong command line is said at once and left after ten seconds where it would repeat") {
    const pty::TestWorld world;
    const auto begun = pty::Clock::now();

    // By an init, with nothing or the console on descriptor 2.
    pty::Process of_init{{.arguments = {pty::World::getty(), "--bogus", "tty9"},
                          .standard = pty::Standard::captured}};
    pty::Line console;
    const auto orphan = console.start_on(
        {.arguments = {"/bin/sh",
                       "-c",
                       "(until read -r id name state parent rest </proc/self/stat && "
                       "[ \"$parent\" = 1 ]; do :; done; exec " +
                           std::string{pty::World::getty()} + " -t x tty9) & exit 0"}});
    // By a supervisor that reads descriptor 2, whoever its parent is.
    pty::Process supervised{
        {.arguments = {"/bin/sh",
                       "-c",
                       std::string{pty::World::getty()} + " --bogus tty9 2>&1 | cat; :"},
         .standard = pty::Standard::captured}};
    // On the line that was to be served, by its name, its path or as -.
    std::list<pty::Line> lines(3);
    std::vector<pty::Process> shells;
    auto line = lines.begin();
    shells.push_back(start_by_shell(*line, "--bogus " + line->name()));
    ++line;
    shells.push_back(start_by_shell(*line, "--bogus 9600 " + line->path()));
    ++line;
    shells.push_back(start_by_shell(*line, "--bogus - linux"));

    const std::string message =
        "getty: unknown option --bogus\nTry 'getty --help' for more "
        "information.\n";
    CHECK(pty::wait_until([&] { return of_init.output() == message; }));
    CHECK(pty::wait_until([&] { return supervised.output() == message; }));
    console.expect("Try 'getty --help'");
    for (pty::Line& served : lines) {
        served.expect(said_about("unknown option --bogus"));
    }
    // Nobody has left yet: two seconds for whoever does not wait at all.
    pty::let_pass(2s);
    CHECK(of_init.is_running());
    CHECK(supervised.is_running());
    for (const pty::Line& served : lines) {
        CHECK(served.unmatched().empty());
    }

    const auto patience = 2 * pause_after_failure;
    console.expect_hang_up(patience);
    CHECK(pty::Clock::now() - begun >= pause_after_failure);
    CHECK(of_init.wait_exit(patience) == pty::Exit{.status = 1});
    supervised.wait_exit(patience);
    for (pty::Line& served : lines) {
        served.expect("status=1\r\n", patience);
    }
}
