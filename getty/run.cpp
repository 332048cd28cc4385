#include "getty/run.hpp"

#include "common/signals.hpp"
#include "getty/cpu_limit.hpp"
#include "getty/exit_status.hpp"

#include <algorithm>

#include <unistd.h>

namespace getty {

namespace {

using namespace std::chrono_literals;

/// Less is no waiting.
constexpr auto shortest_rest = 1ms;

/// poll(2)'s timeout for the earliest time any line wants; -1: none does.
int patience(const std::vector<Line>& lines, Clock::time_point now) {
    std::optional<Clock::time_point> earliest;
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

/// Two of each line.
std::vector<pollfd> sources_of(const std::vector<Line>& lines) {
    std::vector<pollfd> sources;
    sources.reserve(2 * lines.size());
    for (const Line& line : lines) {
        sources.push_back(line.waiting_for());
        sources.push_back(line.watching());
    }
    return sources;
}

bool is_due(const Line& line, const pollfd& source, Clock::time_point now) {
    return source.revents != 0 || (line.wakes_at() && *line.wakes_at() <= now);
}

/// Waits for the lines, and for a signal that ends getty.
std::vector<pollfd> wait_for(const std::vector<Line>& lines,
                             const common::SignalQueue& ends,
                             CpuLimit& limit) {
    auto sources = sources_of(lines);
    sources.push_back({.fd = ends.descriptor(), .events = POLLIN, .revents = 0});
    limit.begin();
    const auto before = Clock::now();
    ::poll(sources.data(), sources.size(), patience(lines, before));
    if (Clock::now() - before >= shortest_rest) {
        limit.note_rest(before);
    }
    return sources;
}

void serve(std::vector<Line>& lines, const std::vector<pollfd>& sources, CpuLimit& limit) {
    const auto now = Clock::now();
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (sources[2 * i + 1].revents != 0) {
            lines[i].on_change(now);
        }
        if (is_due(lines[i], sources[2 * i], now)) {
            lines[i].on_event(sources[2 * i].revents, now);
        }
        if (lines[i].state() == LineState::handing_over) {
            limit.lift();
            lines[i].become_login(now);
            limit.impose();
        }
    }
}

/// Until all lines are done, or a signal comes: returned then.
std::optional<int> serve_all(std::vector<Line>& lines, common::SignalQueue& ends) {
    CpuLimit limit;
    // All are due at the beginning: nothing has to be waited for.
    serve(lines, sources_of(lines), limit);
    while (std::any_of(lines.begin(), lines.end(), [](const Line& line) {
        return line.state() != LineState::done;
    })) {
        const auto sources = wait_for(lines, ends, limit);
        if (const auto number = ends.next()) {
            return number;
        }
        serve(lines, sources, limit);
    }
    return std::nullopt;
}

}  // namespace

int run(std::vector<Line> lines) {
    // Nothing of init's but 0, 1 and 2.
    ::close_range(3, ~0U, 0);
    lead_session();
    // A hang-up is something a line reports, not the end of getty.
    const common::IgnoredSignal hang_up{SIGHUP};
    std::optional<common::SignalQueue> ends{std::in_place, {SIGTERM, SIGINT, SIGQUIT}};
    if (const auto number = serve_all(lines, *ends)) {
        lines.clear();
        // What has been undone, the signal would have left: now it may do its work.
        ends.reset();
        common::default_signals();
        ::raise(*number);
    }
    return lines.empty() ? left : lines.back().exit_status();
}

}  // namespace getty
