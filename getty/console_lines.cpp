#include "getty/console_lines.hpp"

#include "common/log.hpp"
#include "common/program.hpp"
#include "common/safe_text.hpp"
#include "common/signals.hpp"
#include "common/syscall.hpp"
#include "common/text_file.hpp"
#include "getty/exit_status.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

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
/// In which a child closes its session.
constexpr auto patience_with_children = 10s;

struct Console {
    std::string line;
    pid_t child = 0;
    Clock::time_point started{};
    Clock::time_point due{};
    std::chrono::seconds pause{0};
    bool trouble_is_logged = false;
};

void put_off(Console& console) {
    console.due = Clock::now() + console.pause;
    console.pause = std::min<std::chrono::seconds>(
        std::max<std::chrono::seconds>(2 * console.pause, shortest_pause), longest_pause);
}

/// True in the child.
bool start(Console& console) {
    console.started = Clock::now();
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) {
        // To leave would end the sessions on the other consoles.
        const int problem = errno;
        if (!std::exchange(console.trouble_is_logged, true)) {
            common::log(common::Severity::warning,
                        "a getty for " + common::quoted(console.line) +
                            " cannot be started now: " + common::error_text(problem));
        }
        console.pause = std::max<std::chrono::seconds>(console.pause, shortest_pause);
        put_off(console);
        return false;
    }
    console.trouble_is_logged = false;
    console.child = child;
    if (console.child != 0) {
        return false;
    }
    // The children are this process's: they do not outlive it.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) {
        throw common::Leave{128 + SIGTERM};
    }
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
        if (was_good) {
            console->due = Clock::now();
            console->pause = shortest_pause;
        } else {
            put_off(*console);
        }
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

void send_children(const std::vector<Console>& consoles, int number) {
    for (const Console& console : consoles) {
        if (console.child > 0) {
            ::kill(console.child, number);
        }
    }
}

/// Stays until the sessions are closed: whoever starts the next getty must not
/// find the lines still taken. SIGTERM, whatever came: a getty at its prompt
/// heeds no hang-up that its line does not tell of.
void end_children(std::vector<Console>& consoles, common::SignalQueue& signals) {
    send_children(consoles, SIGTERM);
    const auto deadline = Clock::now() + patience_with_children;
    const auto any_left = [&consoles] {
        return std::any_of(
            consoles.begin(), consoles.end(), [](const Console& c) { return c.child > 0; });
    };
    while (any_left() && Clock::now() < deadline) {
        pollfd queue{.fd = signals.descriptor(), .events = POLLIN, .revents = 0};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        ::poll(&queue, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
        while (signals.next()) {
        }
        note_ends(consoles);
    }
    send_children(consoles, SIGKILL);
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
                end_children(consoles, *signals);
                throw common::Leave{128 + *number};
            }
            note_ends(consoles);
        }
    }
}

}  // namespace getty
