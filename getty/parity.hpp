#pragma once

namespace getty {

/// What a terminal puts in the eighth bit of a byte.
enum class Parity { none, even, odd };

/// The seven bits of a byte.
[[nodiscard]] constexpr char without_parity(char byte) {
    constexpr unsigned seven_bits = 0x7F;
    return static_cast<char>(static_cast<unsigned char>(byte) & seven_bits);
}

/// Tells by the bytes of a name which parity its terminal sends
/// (--detect-parity): one that has any puts the eighth bit in some bytes, and
/// all of them come to an even number of bits, or all to an odd one.
class ParityJudge {
  public:
    /// Takes a byte as it arrived; returns its seven bits.
    [[nodiscard]] char feed(char byte);
    [[nodiscard]] Parity parity() const;

  private:
    bool seen_eighth_bit_ = false;
    bool seen_even_ = false;
    bool seen_odd_ = false;
};

}  // namespace getty
