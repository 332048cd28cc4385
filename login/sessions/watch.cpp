#include "login/sessions/watch.hpp"

#include "common/program.hpp"
#include "common/scoped_modes.hpp"
#include "common/signals.hpp"
#include "common/terminal.hpp"
#include "login/sessions/show.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <string>
#include <string_view>

#include <poll.h>
#include <unistd.h>

namespace sessions {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto interval = 2s;

/// Keys come one by one and unseen; ^C stays a signal, and ^Z is off: who
/// stopped us would be left with these modes.
termios keys_unseen(termios modes) {
    modes.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    modes.c_cc[VSUSP] = _POSIX_VDISABLE;
    return modes;
}

std::string screen(const Machine& machine, const winsize& size) {
    const std::size_t lines = size.ws_row > 1 ? size.ws_row - 1U : 23U;
    const std::size_t columns = size.ws_col > 1 ? size.ws_col - 1U : 79U;
    constexpr std::string_view home_and_clear = "\033[H\033[J";
    return std::string{home_and_clear} + cut_to(list_of(machine.look().rows()), lines, columns);
}

enum class Next { show, leave };

/// Waits until the next look is due or the person wants something.
Next wait(const common::Terminal& terminal, common::SignalQueue& signals) {
    constexpr std::string_view leaving_keys = "qQ\4";
    const auto due = Clock::now() + interval;
    for (auto now = Clock::now(); now < due; now = Clock::now()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - now);
        std::array<pollfd, 2> sources{
            {{.fd = terminal.descriptor(), .events = POLLIN, .revents = 0},
             {.fd = signals.descriptor(), .events = POLLIN, .revents = 0}}};
        ::poll(sources.data(), sources.size(), static_cast<int>(left.count()));
        if (const auto number = signals.next()) {
            return *number == SIGWINCH ? Next::show : Next::leave;
        }
        if (sources[0].revents == 0) {
            continue;
        }
        const auto key = terminal.read_byte();
        if (key && leaving_keys.find(*key) != leaving_keys.npos) {
            return Next::leave;
        }
    }
    return Next::show;
}

}  // namespace

void watch(const Machine& machine) {
    if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1) {
        throw common::UsageError{"--watch needs a terminal"};
    }
    const common::Terminal terminal = common::Terminal::standard_input();
    common::SignalQueue signals{SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGWINCH};
    const common::ScopedModes modes{terminal, keys_unseen(terminal.modes())};
    do {
        if (!terminal.write(screen(machine, terminal.size()))) {
            return;
        }
    } while (wait(terminal, signals) == Next::show);
}

}  // namespace sessions
