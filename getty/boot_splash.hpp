#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace getty {

/// A boot splash (plymouthd(8)) has keyboard and screen, puts them into modes
/// of its own and locks those. A getty that takes a virtual terminal meanwhile
/// would show its prompt behind it and quarrel about the keys. So it is given
/// time to end by itself, is asked to end, and then no longer heeded.
class BootSplash {
  public:
    /// How long to wait before the line, a path or `-`, is opened; nothing:
    /// now. Never blocks. Only root's splash counts: the name of its socket is
    /// anybody's to take.
    [[nodiscard]] std::optional<std::chrono::milliseconds> wants_time(
        const std::string& line, std::chrono::steady_clock::time_point now);

  private:
    using Time = std::chrono::steady_clock::time_point;

    std::optional<Time> seen_{};
    bool asked_to_quit_ = false;
};

}  // namespace getty
