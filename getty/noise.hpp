#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>
#include <variant>

namespace getty {

/// What the driver delivers when it marks damage (PARMRK, termios(3)).
struct Received {
    char byte;
};
/// A BREAK; on a pseudo terminal, and where the driver marks nothing, a NUL.
struct BreakReceived {};
/// A byte that came with a framing or parity error: most likely another speed.
struct DamagedByte {};
/// In the middle of a mark.
struct NothingYet {};

using LineEvent = std::variant<NothingYet, Received, BreakReceived, DamagedByte>;

/// Undoes the marks of PARMRK: \377 \0 \0 is a BREAK, \377 \0 X a damaged X,
/// \377 \377 a good \377.
class MarkReader {
  public:
    [[nodiscard]] LineEvent feed(char byte);

  private:
    enum class State { plain, marked, damaged };
    State state_ = State::plain;
};

/// --break: what a BREAK does to the speed.
enum class BreakPolicy {
    ignore,  ///< nothing, ever
    cycle,   ///< the next speed of the list, if there are several
    reset,   ///< back to the first
};

enum class SpeedChange { stay, next, first };

/// Decides when the speed changes. Noise must not change it: damage counts only
/// several times in a row, and after a quiet time the line is back at its first
/// speed.
class NoiseJudge {
  public:
    explicit NoiseJudge(BreakPolicy policy) : policy_(policy) {}

    [[nodiscard]] SpeedChange on_break();
    [[nodiscard]] SpeedChange on_damage();
    void on_good_byte() { damaged_in_a_row_ = 0; }

    static constexpr int damage_that_counts = 5;

  private:
    [[nodiscard]] SpeedChange change() const;

    BreakPolicy policy_;
    int damaged_in_a_row_ = 0;
};

/// Tells the LF of a terminal that ends its lines in CR LF, which is no line of its own.
class LineEnds {
  public:
    using Time = std::chrono::steady_clock::time_point;

    [[nodiscard]] bool is_second_half(char byte, Time now);

    /// Faster than the next key, slower than the next byte of noise.
    static constexpr std::chrono::milliseconds settling_time{30};

  private:
    Time last_return_{};
};

/// Tells a flood from somebody who types or pastes: bytes are read one at a
/// time, and each costs a little, so that many of them cost a lot. A bucket of
/// most_at_once bytes that fills again by most_a_second.
class FloodGauge {
  public:
    using Time = std::chrono::steady_clock::time_point;

    /// Counts a byte. True: from here on it is a flood, and what comes is to be
    /// thrown away in large pieces until the line is quiet.
    [[nodiscard]] bool is_flood(Time now);

    /// A name has 256 bytes at most, of which a pasted one may bring a few lines.
    static constexpr int most_at_once = 1024;
    static constexpr int most_a_second = 256;

  private:
    int left_ = most_at_once;
    Time filled_at_{};
};

/// Whether all of it can be NULs and BREAKs as the driver marks them: nobody
/// has typed any of it.
[[nodiscard]] bool is_all_breaks(std::string_view bytes);

}  // namespace getty
