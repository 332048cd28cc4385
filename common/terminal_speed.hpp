#pragma once

#include <span>
#include <vector>

namespace common {

/// The speeds that have a name (B9600), rising.
[[nodiscard]] std::vector<unsigned> named_speeds();

/// Bits per second of an open line, 0 where it cannot be told (ioctl_tty(2), TCGETS2).
[[nodiscard]] unsigned speed_of_line(int fd) noexcept;

/// Sets any speed, not only those that have a B constant. -1 and errno on
/// failure; the driver takes the nearest it has.
[[nodiscard]] int set_speed_of_line(int fd, unsigned bits_per_second) noexcept;

/// Bits per second by termios(3)'s c_cflag; 0 where it names none.
[[nodiscard]] unsigned speed_named_in(unsigned control_flags) noexcept;

/// The kernel's part of termios(3).
struct LineFlags {
    unsigned input = 0;
    unsigned output = 0;
    unsigned control = 0;
    unsigned local = 0;
    unsigned char discipline = 0;
    std::span<const unsigned char> keys{};
};
/// tcsetattr(3) in one system call: the C library's looks before and after whether
/// the line has the character size it was told, which a pseudo terminal never has.
/// -1 and errno on failure.
[[nodiscard]] int set_modes_of_line(int fd, int how, const LineFlags& flags) noexcept;

}  // namespace common
