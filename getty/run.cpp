#include "getty/run.hpp"

#include "common/log.hpp"
#include "common/record_file.hpp"
#include "common/signals.hpp"
#include "common/spare_memory.hpp"
#include "common/unique_fd.hpp"
#include "getty/cpu_limit.hpp"
#include "getty/descriptor_limit.hpp"
#include "getty/exit_status.hpp"
#include "getty/many_lines.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <iterator>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace getty {

namespace {

using namespace std::chrono_literals;

/// Less is no waiting.
constexpr auto shortest_rest = 1ms;
constexpr auto pause_without_poll = 100ms;

using MaybeTime = std::optional<Clock::time_point>;

/// poll(2)'s timeout for `earliest`, or an earlier time any line wants; -1: none does.
int patience(const std::list<Line>& lines, MaybeTime earliest, Clock::time_point now) {
    for (const Line& line : lines) {
        if (const auto wakes = line.wakes_at(); wakes && (!earliest || *wakes < *earliest)) {
            earliest = wakes;
        }
    }
    if (!earliest) {
        return -1;
    }
    using std::chrono::milliseconds;
    return static_cast<int>(
        std::clamp<milliseconds>(std::chrono::ceil<milliseconds>(*earliest - now), 0ms, 1h)
            .count());
}

/// Two of each line; with room for the one of the signals.
std::vector<pollfd> sources_of(const std::list<Line>& lines) {
    std::vector<pollfd> sources;
    sources.reserve(2 * lines.size() + 1);
    for (const Line& line : lines) {
        sources.push_back(line.waiting_for());
        sources.push_back(line.watching());
    }
    return sources;
}

bool is_due(const Line& line, const pollfd& source, Clock::time_point now) {
    return source.revents != 0 || (line.wakes_at() && *line.wakes_at() <= now);
}

/// poll(2) refuses more entries than there may be descriptors: those without one count
/// too, and lines share the one that watches the issue. Returns its error number, or 0.
int poll_each_once(std::vector<pollfd>& sources, int timeout) {
    constexpr std::size_t nowhere = SIZE_MAX;
    std::vector<pollfd> entries;
    std::vector<std::size_t> places;  // by descriptor
    entries.reserve(sources.size());
    // As much memory each time, or a line's first key would cost more.
    constexpr std::size_t usual_descriptors = 32;
    places.reserve(usual_descriptors);
    for (const pollfd& source : sources) {
        if (source.fd < 0) {
            continue;
        }
        const auto number = static_cast<std::size_t>(source.fd);
        if (places.size() <= number) {
            places.resize(number + 1, nowhere);
        }
        if (places[number] == nowhere) {
            places[number] = entries.size();
            entries.push_back(source);
        }
    }
    const int result = ::poll(entries.data(), entries.size(), timeout);
    const int problem = result < 0 ? errno : 0;
    for (pollfd& source : sources) {
        source.revents = source.fd >= 0 && problem == 0
                             ? entries[places[static_cast<std::size_t>(source.fd)]].revents
                             : short{0};
    }
    return problem;
}

/// A machine that is short of memory may have some again; signals are heard all the same.
void pause_after_failed_poll(int problem) {
    static bool is_logged = false;
    if (!std::exchange(is_logged, true)) {
        common::log(common::Severity::error,
                    "cannot poll the lines: " + common::error_text(problem));
    }
    std::this_thread::sleep_for(pause_without_poll);
}

/// Waits for what is in the sources, and for a signal that ends getty: its number.
[[nodiscard]] std::optional<int> wait_for(std::vector<pollfd>& sources,
                                          const std::list<Line>& lines,
                                          MaybeTime besides,
                                          common::SignalQueue& ends,
                                          CpuLimit& limit) {
    sources.push_back({.fd = ends.descriptor(), .events = POLLIN, .revents = 0});
    limit.begin();
    const auto before = Clock::now();
    const int problem = poll_each_once(sources, patience(lines, besides, before));
    const bool has_failed = problem != 0 && problem != EINTR;
    if (has_failed) {
        pause_after_failed_poll(problem);
    }
    if (Clock::now() - before >= shortest_rest) {
        limit.note_rest(before);
    }
    return has_failed || sources.back().revents != 0 ? ends.next() : std::nullopt;
}

void serve(Line& line, const pollfd& own, const pollfd& watched, CpuLimit& limit) {
    const auto now = Clock::now();
    const common::Audience audience = line.audience();
    if (watched.revents != 0) {
        line.on_change(now);
    }
    if (is_due(line, own, now)) {
        line.on_event(own.revents, now);
    }
    if (line.state() == LineState::handing_over) {
        limit.lift();
        line.become_login(now);
        limit.impose();
    }
}

/// Until the line is done, or a signal comes: returned then.
std::optional<int> serve_all(std::list<Line>& lines, common::SignalQueue& ends) {
    CpuLimit limit;
    // Due at the beginning: nothing has to be waited for.
    auto sources = sources_of(lines);
    for (;;) {
        std::size_t place = 0;
        for (Line& line : lines) {
            serve(line, sources[place], sources[place + 1], limit);
            place += 2;
        }
        if (std::all_of(lines.begin(), lines.end(), [](const Line& line) {
                return line.state() == LineState::done;
            })) {
            return std::nullopt;
        }
        sources = sources_of(lines);
        if (const auto number = wait_for(sources, lines, std::nullopt, ends, limit)) {
            return number;
        }
    }
}

/// What a line throws is its own end, for a while.
void serve_among_others(Line& line, const pollfd& own, const pollfd& watched, CpuLimit& limit) {
    try {
        if (line.state() != LineState::done) {
            serve(line, own, watched, limit);
        }
        if (line.state() == LineState::done) {
            line.begin_again(Clock::now());
        }
    } catch (const std::exception& problem) {
        line.give_up(problem.what(), Clock::now());
    }
}

void give_memory_back(std::list<Line>& lines) {
    if (std::count_if(
            lines.begin(), lines.end(), [](Line& line) { return line.has_freed_memory(); }) > 0) {
        common::give_memory_back();
    }
}

/// Returns the signal that came.
int serve_among_others(ManyLines& many, common::SignalQueue& ends) {
    CpuLimit limit;
    std::list<Line>& lines = many.lines();
    auto sources = sources_of(lines);
    for (;;) {
        std::size_t place = 0;
        for (Line& line : lines) {
            serve_among_others(line, sources[place], sources[place + 1], limit);
            place += 2;
        }
        const bool is_due = many.looks_at() && *many.looks_at() <= Clock::now();
        if (is_due || std::any_of(std::next(sources.begin(), static_cast<std::ptrdiff_t>(place)),
                                  sources.end(),
                                  [](const pollfd& source) { return source.revents != 0; })) {
            many.look_for_new_ones();
        }
        many.let_gone_ones_go();
        give_memory_back(lines);
        sources = sources_of(lines);
        many.add_sources(sources);
        if (const auto number = wait_for(sources, lines, many.looks_at(), ends, limit)) {
            return *number;
        }
    }
}

/// Nothing of init's but 0, 1 and 2.
void stand_apart() {
    // It is given back at good times, and what reads names must be able to free.
    common::keep_freed_memory();
    ::close_range(3, ~0U, 0);
    common::stop_inherited_alarm();
    lead_session();
}

/// What has been undone, the signal would have left: now it may do its work.
void end_by(int number) {
    common::default_signals();
    ::raise(number);
}

/// One that belongs to all of the session belongs to no line.
void have_no_terminal() {
    const common::UniqueFd own{::open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)};
    if (own.is_open()) {
        ::ioctl(own.get(), TIOCNOTTY);
    }
}

}  // namespace

int run(std::list<Line> lines) {
    stand_apart();
    // A hang-up is something a line reports, not the end of getty.
    const common::IgnoredSignal hang_up{SIGHUP};
    std::optional<common::SignalQueue> ends{std::in_place, {SIGTERM, SIGINT, SIGQUIT}};
    if (const auto number = serve_all(lines, *ends)) {
        lines.clear();
        ends.reset();
        end_by(*number);
    }
    return lines.empty() ? left : lines.back().exit_status();
}

int run_many(const Options& options) {
    stand_apart();
    const common::IgnoredSignal hang_up{SIGHUP};
    have_no_terminal();
    // Init may have it ignored, and then nobody could tell how a login ended.
    common::default_signal(SIGCHLD);
    raise_descriptor_limit();
    common::hurry_with_records();
    std::optional<common::SignalQueue> ends{std::in_place, {SIGTERM, SIGINT, SIGQUIT}};
    std::optional<ManyLines> many{std::in_place, options};
    const int number = serve_among_others(*many, *ends);
    ManyLines::end_records();
    many.reset();
    ends.reset();
    end_by(number);
    return left;
}

}  // namespace getty
