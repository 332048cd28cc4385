#include "getty/sha256.hpp"

#include <bit>
#include <string>

namespace getty {

namespace {

constexpr std::size_t block_size = 64;

/// FIPS 180-4, 4.2.2: from the cube roots of the first 64 primes.
constexpr auto round_constants = std::to_array<std::uint32_t>({
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
});

using State = std::array<std::uint32_t, 8>;

/// 6.2.2.
void take_block(State& state, std::string_view block) {
    std::array<std::uint32_t, 64> w{};
    for (std::size_t t = 0; t < 16; ++t) {
        for (std::size_t byte = 0; byte < 4; ++byte) {
            w[t] = w[t] << 8U | static_cast<unsigned char>(block[4 * t + byte]);
        }
    }
    for (std::size_t t = 16; t < w.size(); ++t) {
        const auto s0 = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ w[t - 15] >> 3U;
        const auto s1 = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ w[t - 2] >> 10U;
        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    State s = state;
    for (std::size_t t = 0; t < w.size(); ++t) {
        const auto sum1 = std::rotr(s[4], 6) ^ std::rotr(s[4], 11) ^ std::rotr(s[4], 25);
        const auto choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        const auto first = s[7] + sum1 + choice + round_constants[t] + w[t];
        const auto sum0 = std::rotr(s[0], 2) ^ std::rotr(s[0], 13) ^ std::rotr(s[0], 22);
        const auto majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        s = {first + sum0 + majority, s[0], s[1], s[2], s[3] + first, s[4], s[5], s[6]};
    }
    for (std::size_t i = 0; i < state.size(); ++i) {
        state[i] += s[i];
    }
}

}  // namespace

std::array<std::uint8_t, 32> sha256(std::string_view data) {
    State state{0x6a09e667,
                0xbb67ae85,
                0x3c6ef372,
                0xa54ff53a,
                0x510e527f,
                0x9b05688c,
                0x1f83d9ab,
                0x5be0cd19};
    const std::uint64_t bits = std::uint64_t{data.size()} * 8;
    while (data.size() >= block_size) {
        take_block(state, data.substr(0, block_size));
        data.remove_prefix(block_size);
    }
    std::string last{data};
    last += '\x80';
    last.resize(last.size() + (2 * block_size - 8 - last.size()) % block_size);
    for (unsigned shift = 64; shift > 0; shift -= 8) {
        last += static_cast<char>(bits >> (shift - 8) & 0xffU);
    }
    for (std::string_view rest = last; !rest.empty(); rest.remove_prefix(block_size)) {
        take_block(state, rest.substr(0, block_size));
    }
    std::array<std::uint8_t, 32> digest{};
    for (std::size_t i = 0; i < digest.size(); ++i) {
        digest[i] = static_cast<std::uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
    }
    return digest;
}

}  // namespace getty
