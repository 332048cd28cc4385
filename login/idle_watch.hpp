#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace login {

/// Decides when a session has been left alone for too long. Somebody typed when
/// the line was last read from: as w(1) counts it, what is shown does not count.
/// Of the time of day only differences since the last look are used, so that a
/// clock which is set ends no session; time the machine slept does not count.
class IdleWatch {
  public:
    using Time = std::chrono::steady_clock::time_point;

    enum class Step {
        wait,
        warn,  ///< once, a minute before the end, or at half of a time that is shorter
        end,
    };
    struct Advice {
        Step step = Step::wait;
        std::chrono::milliseconds next{};  ///< when to look again
    };

    /// `limit` is more than nothing; the session begins now.
    IdleWatch(std::chrono::seconds limit, Time now, std::chrono::sys_seconds last_read);

    [[nodiscard]] Advice look(Time now,
                              std::chrono::sys_seconds time_of_day,
                              std::chrono::sys_seconds last_read);

    [[nodiscard]] std::chrono::seconds limit() const noexcept { return limit_; }
    /// What is left of the time after the warning.
    [[nodiscard]] std::chrono::milliseconds notice() const noexcept { return notice_; }

  private:
    std::chrono::seconds limit_;
    std::chrono::milliseconds notice_;
    Time looked_;
    Time active_;
    std::chrono::sys_seconds last_read_;
    std::optional<Time> warned_{};
};

/// "30 minutes", "1 hour", "90 seconds": the largest unit that is exact.
[[nodiscard]] std::string in_words(std::chrono::seconds time);
/// The same for the person, in their language.
[[nodiscard]] std::string in_spoken_words(std::chrono::seconds time);

}  // namespace login
