#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace getty {

/// FIPS 180-4. For fingerprints of public keys; nothing secret passes through.
[[nodiscard]] std::array<std::uint8_t, 32> sha256(std::string_view data);

}  // namespace getty
