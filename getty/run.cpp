#include "getty/run.hpp"

#include "common/signals.hpp"

#include <algorithm>

#include <unistd.h>

namespace getty {

namespace {

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
    using namespace std::chrono;
    return static_cast<int>(
        std::clamp<milliseconds>(ceil<milliseconds>(*earliest - now), 0ms, 1h).count());
}

std::vector<pollfd> sources_of(const std::vector<Line>& lines) {
    std::vector<pollfd> sources;
    sources.reserve(lines.size());
    for (const Line& line : lines) {
        sources.push_back(line.waiting_for());
    }
    return sources;
}

bool is_due(const Line& line, const pollfd& source, Clock::time_point now) {
    return source.revents != 0 || (line.wakes_at() && *line.wakes_at() <= now);
}

void serve_once(std::vector<Line>& lines) {
    auto sources = sources_of(lines);
    ::poll(sources.data(), sources.size(), patience(lines, Clock::now()));
    const auto now = Clock::now();
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (is_due(lines[i], sources[i], now)) {
            lines[i].on_event(sources[i].revents, now);
        }
        if (lines[i].state() == LineState::handing_over) {
            lines[i].become_login(now);
        }
    }
}

}  // namespace

int run(std::vector<Line> lines) {
    // Nothing of init's but 0, 1 and 2.
    ::close_range(3, ~0U, 0);
    lead_session();
    // A hang-up is something a line reports, not the end of getty.
    const common::IgnoredSignal hang_up{SIGHUP};
    while (std::any_of(lines.begin(), lines.end(), [](const Line& line) {
        return line.state() != LineState::done;
    })) {
        serve_once(lines);
    }
    return lines.back().exit_status();
}

}  // namespace getty
