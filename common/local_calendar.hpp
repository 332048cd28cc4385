#pragma once

#include <ctime>

namespace common {

/// localtime_r(3), but for an /etc/localtime that is no file: the C library would open a
/// FIFO or a terminal there, and wait for ever. Then, and from then on, it is UTC.
/// False where the calendar has no such moment.
[[nodiscard]] bool local_calendar(std::time_t when, std::tm& fields) noexcept;

}  // namespace common
