#pragma once

#include <vector>

namespace common {

/// The speeds that have a name (B9600), rising.
[[nodiscard]] std::vector<unsigned> named_speeds();

/// Bits per second of an open line, 0 where it cannot be told (ioctl_tty(2), TCGETS2).
[[nodiscard]] unsigned speed_of_line(int fd) noexcept;

/// Sets any speed, not only those that have a B constant. -1 and errno on
/// failure; the driver takes the nearest it has.
[[nodiscard]] int set_speed_of_line(int fd, unsigned bits_per_second) noexcept;

}  // namespace common
