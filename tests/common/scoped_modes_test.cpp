#include "common/scoped_modes.hpp"

#include "common/terminal.hpp"
#include "tests/common/pty_pair.hpp"

#include <chrono>

#include <sys/ioctl.h>
#include <termios.h>

#include <doctest/doctest.h>

using common::ScopedModes;
using common::Terminal;
using namespace std::chrono_literals;

namespace {

termios without_echo(termios modes) {
    modes.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON);
    return modes;
}

bool echoes(const Terminal& terminal) {
    return (terminal.modes().c_lflag & ECHO) != 0;
}

}  // namespace

TEST_CASE("modes last for a scope") {
    const tests::PtyPair pty;
    const Terminal terminal = Terminal::open(pty.path());
    REQUIRE(echoes(terminal));
    {
        const ScopedModes modes{terminal, without_echo(terminal.modes())};
        CHECK_FALSE(echoes(terminal));
    }
    CHECK(echoes(terminal));
}

TEST_CASE("what was typed meanwhile is neither shown nor left when echo comes back") {
    const tests::PtyPair pty;
    const Terminal terminal = Terminal::open(pty.path());
    {
        const ScopedModes modes{terminal, without_echo(terminal.modes())};
        REQUIRE(pty.type("half a pass"));
        // A pty hands input over in its own time.
        pollfd source{.fd = terminal.descriptor(), .events = POLLIN, .revents = 0};
        REQUIRE(::poll(&source, 1, 1000) == 1);
    }
    int waiting = -1;
    CHECK(::ioctl(terminal.descriptor(), FIONREAD, &waiting) == 0);
    CHECK(waiting == 0);
    CHECK(pty.read_all().empty());
}

TEST_CASE("modes come back on a stopped line without waiting for it") {
    const tests::PtyPair pty;
    const Terminal terminal = Terminal::open(pty.path());
    const auto begun = std::chrono::steady_clock::now();
    {
        const ScopedModes modes{terminal, without_echo(terminal.modes())};
        (void)terminal.write_some("text");
        REQUIRE(::tcflow(terminal.descriptor(), TCOOFF) == 0);
    }
    CHECK(echoes(terminal));
    CHECK(std::chrono::steady_clock::now() - begun < 10s);
    ::tcflow(terminal.descriptor(), TCOON);
}

TEST_CASE("modes that somebody else looks after stay") {
    const tests::PtyPair pty;
    const Terminal terminal = Terminal::open(pty.path());
    {
        ScopedModes modes{terminal, without_echo(terminal.modes())};
        modes.keep();
    }
    CHECK_FALSE(echoes(terminal));
}
