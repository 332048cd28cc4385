#pragma once

#include "login/attempts.hpp"

#include <chrono>
#include <string>

namespace login {

/// A failed attempt closes its line for the delay it costs, in a file of the
/// line's own below /run: a login that somebody ends in the middle of the delay,
/// and the next one is quick to come, gains nothing.

/// Notes it. `line` is its name without "/dev/"; one without a name has no file.
/// Throws std::system_error.
void close_line(const std::string& directory, const std::string& line, Clock::time_point until);

/// Until when the line is closed, a moment that is over where it is not; never
/// later than `longest` from now, whatever the file says.
[[nodiscard]] Clock::time_point closed_until(const std::string& directory,
                                             const std::string& line,
                                             Clock::time_point now,
                                             std::chrono::seconds longest);

}  // namespace login
