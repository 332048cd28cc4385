#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include <termios.h>

namespace getty {

/// Bits per second; 0 stands for "the speed the line has".
using Speed = unsigned;
constexpr Speed keep_speed = 0;

/// The fastest the kernel can be asked for with meaning (TTY_DRIVER clocks end there).
constexpr Speed fastest = 100'000'000;

/// True for what can only be meant as speeds: a list of them, digits and commas,
/// the word console, or the kernel's form 115200n8r.
[[nodiscard]] bool looks_like_speeds(std::string_view word);

/// "115200,38400" or "keep" or "0"; nothing where an element is no speed. Empty
/// elements are passed over, as agetty does; a list of nothing else is none.
[[nodiscard]] std::optional<std::vector<Speed>> read_speeds(std::string_view word);

/// How a serial line is set up, as the kernel writes it: 115200n8r is speed,
/// parity (n, o, e), bits (7, 8) and r for RTS/CTS.
struct LineSetup {
    Speed speed = keep_speed;
    tcflag_t control_set = 0;      ///< bits of c_cflag to set
    tcflag_t control_cleared = 0;  ///< bits of c_cflag to clear, before

    bool operator==(const LineSetup&) const = default;
};

/// Reads the kernel's form; "115200" alone is good too.
[[nodiscard]] std::optional<LineSetup> read_line_setup(std::string_view word);

/// What `console=` on the kernel's command line says of this line (its name
/// without /dev/): the last one counts, as for the kernel.
[[nodiscard]] std::optional<LineSetup> console_setup(std::string_view kernel_command_line,
                                                     std::string_view line);

/// The speed in what a modem says, "CONNECT 57600/ARQ": the first number after
/// that word, or in all of it.
[[nodiscard]] std::optional<Speed> speed_in_modem_text(std::string_view text);

/// Goes round the speeds of a line, one step for each BREAK.
class SpeedCycle {
  public:
    /// Without speeds the line keeps the one it has.
    explicit SpeedCycle(std::vector<Speed> speeds);

    [[nodiscard]] Speed current() const { return speeds_[position_]; }
    /// With one speed only, a BREAK (which may be noise) changes nothing.
    [[nodiscard]] bool has_several() const { return speeds_.size() > 1; }
    void advance() { position_ = (position_ + 1) % speeds_.size(); }
    void restart() { position_ = 0; }
    [[nodiscard]] bool is_at_first() const { return position_ == 0; }
    [[nodiscard]] bool is_at_last() const { return position_ + 1 == speeds_.size(); }

  private:
    std::vector<Speed> speeds_;
    std::size_t position_ = 0;
};

}  // namespace getty
