#include "common/read_line.hpp"

#include <algorithm>
#include <array>
#include <system_error>

#include <poll.h>

namespace common {

namespace {

/// poll(2)'s timeout: rounded up, at most an hour so that it always fits.
int milliseconds_until(Deadline deadline) {
    using namespace std::chrono;
    const auto left = ceil<milliseconds>(deadline - steady_clock::now());
    return static_cast<int>(std::clamp<milliseconds>(left, 0ms, 1h).count());
}

constexpr std::chrono::milliseconds echo_patience{5'000};

enum class Fed { something, nothing, hang_up };

Fed feed_one(const Terminal& terminal, LineEditor& editor, Deadline deadline) {
    try {
        const auto byte = terminal.read_byte();
        if (!byte) {
            return Fed::nothing;
        }
        // A stopped line costs the echo, not the deadline.
        terminal.write(
            editor.feed(*byte),
            std::min(echo_patience, std::chrono::milliseconds{milliseconds_until(deadline)}));
        return Fed::something;
    } catch (const std::system_error&) {
        // EIO: that is how a line says it has been hung up.
        return Fed::hang_up;
    }
}

}  // namespace

ReadEnd read_line(const Terminal& terminal, LineEditor& editor, Deadline deadline, int watched) {
    for (;;) {
        std::array<pollfd, 2> sources{
            pollfd{.fd = terminal.descriptor(), .events = POLLIN, .revents = 0},
            pollfd{.fd = watched, .events = POLLIN, .revents = 0}};
        ::poll(sources.data(), sources.size(), milliseconds_until(deadline));
        if (sources[1].revents != 0) {
            return ReadEnd::signalled;
        }
        // Also when there is something to read: a line that never stops sending
        // must not hold off the end.
        if (std::chrono::steady_clock::now() >= deadline) {
            return ReadEnd::timed_out;
        }
        if (sources[0].revents == 0) {
            continue;
        }
        const Fed fed = feed_one(terminal, editor, deadline);
        if (fed == Fed::hang_up || (fed == Fed::nothing && (sources[0].revents & POLLIN) == 0)) {
            return ReadEnd::hung_up;
        }
        if (editor.state() != LineState::typing) {
            return ReadEnd::edited;
        }
    }
}

}  // namespace common
