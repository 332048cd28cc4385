#include "getty/console_lines.hpp"

#include "common/log.hpp"
#include "common/program.hpp"
#include "common/signals.hpp"
#include "common/syscall.hpp"
#include "common/text_file.hpp"
#include "getty/exit_status.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace getty {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto shortest_pause = 1s;
constexpr auto longest_pause = 60s;
/// A child that lived this long did its work; the next comes at once.
constexpr auto good_life = 10s;

struct Console {
    std::string line;
    pid_t child = 0;
    Clock::time_point started{};
    Clock::time_point due{};
    std::chrono::seconds pause{0};
};

/// True in the child.
bool start(Console& console) {
    console.started = Clock::now();
    console.child = common::check(::fork(), "fork");
    if (console.child != 0) {
        return false;
    }
    // The children are this process's: they do not outlive it.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    return true;
}

void note_ends(std::vector<Console>& consoles) {
    int status = 0;
    for (pid_t ended = 0; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;) {
        const auto console = std::find_if(consoles.begin(),
                                          consoles.end(),
                                          [ended](const Console& c) { return c.child == ended; });
        if (console == consoles.end()) {
            continue;
        }
        const bool was_good = Clock::now() - console->started >= good_life;
        console->child = 0;
        console->due = Clock::now() + (was_good ? 0s : console->pause);
        console->pause =
            was_good ? shortest_pause
                     : std::min<std::chrono::seconds>(
                           std::max<std::chrono::seconds>(2 * console->pause, shortest_pause),
                           longest_pause);
    }
}

int poll_time(const std::vector<Console>& consoles) {
    std::optional<Clock::time_point> earliest;
    for (const Console& console : consoles) {
        if (console.child == 0 && (!earliest || console.due < *earliest)) {
            earliest = console.due;
        }
    }
    if (!earliest) {
        return -1;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*earliest - Clock::now());
    return static_cast<int>(
        std::clamp<std::chrono::milliseconds>(left, 0ms, longest_pause).count());
}

void end_children(const std::vector<Console>& consoles, int number) {
    for (const Console& console : consoles) {
        if (console.child > 0) {
            ::kill(console.child, number);
        }
    }
}

}  // namespace

std::vector<std::string> console_lines(std::string_view active) {
    std::vector<std::string> lines;
    constexpr std::string_view blanks = " \t\n";
    while (!active.empty()) {
        const std::string_view word = active.substr(0, active.find_first_of(blanks));
        active.remove_prefix(std::min(active.size(), word.size() + 1));
        const std::string line{word == "tty0" ? "tty1" : word};
        if (!line.empty() && std::find(lines.begin(), lines.end(), line) == lines.end()) {
            lines.push_back(line);
        }
    }
    return lines;
}

int serve_consoles(const Options& options, int (*serve)(const Options& options)) {
    const auto active = common::read_text_file("/sys/class/tty/console/active");
    std::vector<Console> consoles;
    for (const std::string& line : console_lines(active.value_or(""))) {
        consoles.push_back({.line = line});
    }
    if (consoles.empty()) {
        throw common::Failure{no_terminal, "the kernel has no active console"};
    }
    std::optional<common::SignalQueue> signals;
    signals.emplace({SIGCHLD, SIGTERM, SIGHUP, SIGINT});
    for (;;) {
        for (Console& console : consoles) {
            if (console.child == 0 && Clock::now() >= console.due && start(console)) {
                signals.reset();
                Options own = options;
                own.line = console.line;
                return serve(own);
            }
        }
        pollfd queue{.fd = signals->descriptor(), .events = POLLIN, .revents = 0};
        ::poll(&queue, 1, poll_time(consoles));
        while (const auto number = signals->next()) {
            if (*number != SIGCHLD) {
                end_children(consoles, *number);
                throw common::Leave{128 + *number};
            }
            note_ends(consoles);
        }
    }
}

}  // namespace getty
