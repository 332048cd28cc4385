#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace getty {

/// Bits per second; 0 stands for "the speed the line has".
using Speed = unsigned;
constexpr Speed keep_speed = 0;

/// The fastest the kernel can be asked for with meaning (TTY_DRIVER clocks end there).
constexpr Speed fastest = 100'000'000;

/// True for what can only be meant as speeds: digits and commas, or the word keep.
[[nodiscard]] bool looks_like_speeds(std::string_view word);

/// "115200,38400" or "keep" or "0"; nothing where an element is no speed.
[[nodiscard]] std::optional<std::vector<Speed>> read_speeds(std::string_view word);

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

  private:
    std::vector<Speed> speeds_;
    std::size_t position_ = 0;
};

}  // namespace getty
