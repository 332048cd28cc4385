#include "common/read_line.hpp"

#include "common/line_editor.hpp"
#include "common/signals.hpp"
#include "common/terminal.hpp"
#include "tests/common/pty_pair.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

using common::Echo;
using common::LineEditor;
using common::LineState;
using common::ReadEnd;
using common::Terminal;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

Terminal open_raw(const tests::PtyPair& pty) {
    Terminal terminal = Terminal::open(pty.path());
    termios modes = terminal.modes();
    ::cfmakeraw(&modes);
    terminal.set_modes(modes);
    return terminal;
}

/// Another process that types without end until this goes away; after five
/// seconds in any case, so that a reading it held up ends and is seen to be late.
class Flood {
  public:
    explicit Flood(const tests::PtyPair& pty) : child_(::fork()) {
        if (child_ == 0) {
            const auto end = Clock::now() + 5s;
            while (Clock::now() < end) {
                (void)pty.type("xxxxxxxxxxxxxxxx");
            }
            ::_exit(0);
        }
    }
    Flood(const Flood&) = delete;
    Flood(Flood&&) = delete;
    Flood& operator=(const Flood&) = delete;
    Flood& operator=(Flood&&) = delete;
    ~Flood() {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }

  private:
    pid_t child_;
};

}  // namespace

TEST_CASE("a line is read from a terminal and echoed there") {
    const tests::PtyPair pty;
    const Terminal terminal = open_raw(pty);
    std::array<char, 32> storage{};
    LineEditor editor{storage};
    REQUIRE(pty.type("anx\x7fn\rrest"));
    CHECK(common::read_line(terminal, editor, Clock::now() + 5s) == ReadEnd::edited);
    CHECK(editor.state() == LineState::finished);
    CHECK(editor.text() == "ann");
    CHECK(pty.read_all() == "anx\b \bn\r\n");
    // What follows is the next reader's.
    CHECK(terminal.read_byte() == 'r');
}

TEST_CASE("a hidden line is not echoed") {
    const tests::PtyPair pty;
    const Terminal terminal = open_raw(pty);
    std::array<char, 32> storage{};
    LineEditor editor{storage, {.echo = Echo::hidden}};
    REQUIRE(pty.type("secret\x7f\r"));
    CHECK(common::read_line(terminal, editor, Clock::now() + 5s) == ReadEnd::edited);
    CHECK(editor.text() == "secre");
    CHECK(pty.read_all() == "\r\n");
}

TEST_CASE("a line that does not come is not waited for beyond the deadline") {
    const tests::PtyPair pty;
    const Terminal terminal = open_raw(pty);
    std::array<char, 32> storage{};
    LineEditor editor{storage};
    REQUIRE(pty.type("an"));
    const auto begun = Clock::now();
    CHECK(common::read_line(terminal, editor, begun + 200ms) == ReadEnd::timed_out);
    const auto taken = Clock::now() - begun;
    CHECK(taken >= 200ms);
    CHECK(taken < 4s);
    CHECK(editor.text() == "an");
    CHECK(common::read_line(terminal, editor, begun) == ReadEnd::timed_out);
}

TEST_CASE("a flood of input does not stretch the deadline") {
    const tests::PtyPair pty;
    const Terminal terminal = open_raw(pty);
    std::array<char, 32> storage{};
    LineEditor editor{storage, {.echo = Echo::hidden}};
    const Flood flood{pty};
    const auto begun = Clock::now();
    CHECK(common::read_line(terminal, editor, begun + 300ms) == ReadEnd::timed_out);
    CHECK(Clock::now() - begun < 4s);
}

TEST_CASE("a stopped line does not stretch the deadline") {
    const tests::PtyPair pty;
    const Terminal terminal = open_raw(pty);
    std::array<char, 32> storage{};
    LineEditor editor{storage};
    REQUIRE(::tcflow(terminal.descriptor(), TCOOFF) == 0);
    REQUIRE(pty.type("ann"));
    const auto begun = Clock::now();
    CHECK(common::read_line(terminal, editor, begun + 300ms) == ReadEnd::timed_out);
    CHECK(Clock::now() - begun < 4s);
    ::tcflow(terminal.descriptor(), TCOON);
}

TEST_CASE("a line that is hung up ends the reading") {
    tests::PtyPair pty;
    const Terminal terminal = open_raw(pty);
    std::array<char, 32> storage{};
    LineEditor editor{storage};
    pty.close_master();
    const auto begun = Clock::now();
    CHECK(common::read_line(terminal, editor, begun + 5s) == ReadEnd::hung_up);
    CHECK(Clock::now() - begun < 4s);
}

TEST_CASE("a signal ends the reading") {
    const tests::PtyPair pty;
    const Terminal terminal = open_raw(pty);
    std::array<char, 32> storage{};
    LineEditor editor{storage};
    common::SignalQueue signals{SIGUSR1};
    ::kill(::getpid(), SIGUSR1);
    REQUIRE(pty.type("ann\r"));
    CHECK(common::read_line(terminal, editor, Clock::now() + 5s, signals.descriptor()) ==
          ReadEnd::signalled);
    CHECK(signals.next() == SIGUSR1);
    CHECK(common::read_line(terminal, editor, Clock::now() + 5s, signals.descriptor()) ==
          ReadEnd::edited);
    CHECK(editor.text() == "ann");
}
