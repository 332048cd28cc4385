#include "tests/pty/wait.hpp"

#include <algorithm>
#include <vector>

#include <poll.h>

namespace pty {

namespace {

/// A condition may be about something that no descriptor tells of, and a
/// master that reports a hang-up may be opened again without notice.
constexpr Milliseconds longest_sleep{10};

std::vector<Source*>& sources() {
    static std::vector<Source*> all;
    return all;
}

void receive_from_all() {
    for (Source* source : sources()) {
        source->receive();
    }
}

void sleep_until_readable(Milliseconds limit) {
    std::vector<pollfd> polled;
    for (const Source* source : sources()) {
        polled.push_back({.fd = source->descriptor(), .events = POLLIN, .revents = 0});
    }
    // Neither a signal nor an error matters: the caller looks again.
    ::poll(polled.data(), polled.size(), static_cast<int>(limit.count()));
}

}  // namespace

Source::Source() {
    sources().push_back(this);
}

Source::~Source() {
    auto& all = sources();
    all.erase(std::remove(all.begin(), all.end(), this), all.end());
}

bool wait_until(const std::function<bool()>& condition, Milliseconds deadline) {
    const auto end = Clock::now() + deadline;
    while (true) {
        receive_from_all();
        if (condition()) {
            receive_from_all();
            return true;
        }
        const auto left = std::chrono::ceil<Milliseconds>(end - Clock::now());
        if (left <= Milliseconds::zero()) {
            return false;
        }
        sleep_until_readable(std::min(left, longest_sleep));
    }
}

void let_pass(Milliseconds duration) {
    wait_until([] { return false; }, duration);
}

}  // namespace pty
