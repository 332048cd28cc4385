#include "getty/parity.hpp"

#include <bit>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

using getty::Parity;
using getty::ParityJudge;

namespace {

/// The bytes as a terminal with this parity sends them.
std::string sent(std::string_view text, Parity parity) {
    std::string bytes;
    for (const char c : text) {
        const auto bits = static_cast<unsigned char>(c);
        const bool is_odd = std::popcount(bits) % 2 == 1;
        const bool adds = (parity == Parity::even && is_odd) || (parity == Parity::odd && !is_odd);
        bytes += static_cast<char>(bits | (adds ? 0x80U : 0U));
    }
    return bytes;
}

}  // namespace

TEST_CASE("the parity of a terminal is told by its bytes, which come without it") {
    for (const Parity parity : {Parity::none, Parity::even, Parity::odd}) {
        for (const std::string_view text : {"ann\r", "root\r", "m\r", "postgres\n", "bb\r"}) {
            CAPTURE(text);
            ParityJudge judge;
            std::string received;
            for (const char byte : sent(text, parity)) {
                received += judge.feed(byte);
            }
            CHECK(received == text);
            // A name whose bytes all are odd already looks the same without parity.
            const bool shows = sent(text, parity) != text;
            CHECK(judge.parity() == (shows ? parity : Parity::none));
        }
    }
}

TEST_CASE("eight bits that follow no rule are no parity") {
    ParityJudge judge;
    CHECK(judge.parity() == Parity::none);
    for (const char byte : std::string_view{"j\xc3\xb6rg\r"}) {
        (void)judge.feed(byte);
    }
    CHECK(judge.parity() == Parity::none);
}
