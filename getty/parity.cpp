#include "getty/parity.hpp"

#include <bit>

namespace getty {

char ParityJudge::feed(char byte) {
    constexpr unsigned eighth_bit = 0x80;
    const auto bits = static_cast<unsigned char>(byte);
    seen_eighth_bit_ = seen_eighth_bit_ || (bits & eighth_bit) != 0;
    if (std::popcount(bits) % 2 == 0) {
        seen_even_ = true;
    } else {
        seen_odd_ = true;
    }
    return without_parity(byte);
}

Parity ParityJudge::parity() const {
    if (!seen_eighth_bit_ || seen_even_ == seen_odd_) {
        return Parity::none;
    }
    return seen_even_ ? Parity::even : Parity::odd;
}

}  // namespace getty
