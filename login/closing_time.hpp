#pragma once

#include <chrono>

namespace login {

/// Decides when a session is over because its user may not be on the line any
/// longer (porttime(5)). That is a time of day: whoever sets the clock sets it.
class ClosingTime {
  public:
    enum class Step {
        wait,
        warn,  ///< once, in the last minute
        end,
    };
    struct Advice {
        Step step = Step::wait;
        std::chrono::milliseconds next{};  ///< when to look again
    };

    explicit ClosingTime(std::chrono::sys_seconds end) : end_(end) {}

    [[nodiscard]] Advice look(std::chrono::sys_time<std::chrono::milliseconds> now);

  private:
    std::chrono::sys_seconds end_;
    bool is_warned_ = false;
};

}  // namespace login
