#pragma once

#include "common/line_editor.hpp"
#include "common/terminal.hpp"

#include <chrono>

namespace common {

using Deadline = std::chrono::steady_clock::time_point;

/// Why reading stopped when it was not the editor that ended it.
enum class ReadEnd {
    edited,     ///< look at the editor's state
    hung_up,    ///< the line is gone
    timed_out,  ///< the deadline has passed
    signalled,  ///< the watched descriptor became readable
};

/// Feeds the editor from a line that is in raw modes, echoing what it says,
/// until it has a line, the line is gone, time is up, or `watched` (a signal
/// queue; -1 for none) has something to read. Uses no signal and no alarm.
[[nodiscard]] ReadEnd read_line(const Terminal& terminal,
                                LineEditor& editor,
                                Deadline deadline,
                                int watched = -1);

}  // namespace common
