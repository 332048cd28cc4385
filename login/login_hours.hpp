#pragma once

#include "login/rule_text.hpp"

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace login {

/// A minute of the week by the local clock.
struct WeekMinute {
    unsigned weekday = 0;  ///< 0 is Sunday
    unsigned minute = 0;   ///< of the day, from 0 to 1439
};

struct HoursReading {
    RuleVerdict verdict{};
    std::vector<FaultyLine> faults{};
    /// How long it stays allowed, counted in begun minutes; nothing: at least for
    /// a week.
    std::optional<std::chrono::minutes> left{};
};

/// Reads the text of porttime(5): whether this user may be on this line at that
/// time. The first entry for both decides; without one every time is good. The
/// last minute of a span belongs to it; a span that ends before it begins is the
/// beginning and the end of each of its days.
[[nodiscard]] HoursReading read_login_hours(std::string_view text,
                                            std::string_view user,
                                            std::string_view line,
                                            WeekMinute now);

}  // namespace login
