#include "getty/qr_code.hpp"

#include "getty/issue.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace {

/// What the hashes below were taken of, after jsQR 1.4 had read every one of the
/// pictures.
std::string sample(std::size_t length) {
    constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz:/.0123456789ABC";
    std::string text;
    for (std::size_t i = 0; i < length; ++i) {
        text += alphabet[(i * 7919 + length * 31 + (i * i) % 13) % alphabet.size()];
    }
    return text;
}

}  // namespace

TEST_CASE("a QR code as a scanner has read it from a screen") {
    const auto code = getty::qr_code("https://example.org");
    REQUIRE(code);
    CHECK(code->size() == 25);
    CHECK(getty::columns_of(*code) == 29);
    CHECK(getty::rows_of(*code) == 15);
    CHECK(getty::drawn(*code) ==
          "█████████████████████████████\n"
          "██ ▄▄▄▄▄ ██▄▀▀ ██ ▀█ ▄▄▄▄▄ ██\n"
          "██ █   █ █▄  ▀▄█ ▄██ █   █ ██\n"
          "██ █▄▄▄█ ██▀▄███  ██ █▄▄▄█ ██\n"
          "██▄▄▄▄▄▄▄█ ▀ █ ▀ █ █▄▄▄▄▄▄▄██\n"
          "██▄▄ █  ▄ ▄█  ██▄▄▄▄ ███▄█▀██\n"
          "██▀▀▄▀▄█▄▀▀▄█▀█▄█▀▀▀█▄▄█▄ ▄██\n"
          "████▀▀ ▄▄  ▀█▀ ▀██   ██ █▄ ██\n"
          "██▄▀▀▄ ▀▄█▀ ▀▄ ▀ ▀ █▄▄▀█▄ ▄██\n"
          "██▄█████▄▄▀█▀ ██   ▄▄▄  █▀▀██\n"
          "██ ▄▄▄▄▄ █  █▀█▄█▄ █▄█  █▄ ██\n"
          "██ █   █ █▄██▀ ▀█▀▄▄▄   ▀█▄██\n"
          "██ █▄▄▄█ █   ▄ ▀ █ █▀█ ▀█▀▄██\n"
          "██▄▄▄▄▄▄▄█▄▄█▄██▄▄▄▄▄▄███▄▄██\n"
          "█████████████████████████████\n");
}

TEST_CASE("a QR code of each version: the longest text it takes, and one byte more") {
    struct Row {
        std::size_t length;
        std::size_t size;
        std::uint64_t hash;
    };
    const std::vector<Row> rows{
        {17, 21, 0xc9f2f17bcdf18f23U},
        {32, 25, 0x4378af55afb01457U},
        {53, 29, 0x495850829b734f37U},
        {78, 33, 0x058382a73afae4dfU},
        {106, 37, 0x19100206dcf123c3U},
        {134, 41, 0xa4f6fb2c7526c17fU},
        {154, 45, 0xf4755ccbddc717d7U},
        {192, 49, 0x4a72295f653f6393U},
        {230, 53, 0x16dfec225fdf9fdfU},
    };
    for (const Row& row : rows) {
        CAPTURE(row.length);
        const auto code = getty::qr_code(sample(row.length));
        REQUIRE(code);
        CHECK(code->size() == row.size);
        CHECK(getty::text_hash(getty::drawn(*code)) == row.hash);
        const auto next = getty::qr_code(sample(row.length + 1));
        CHECK((next ? next->size() : 0) == (row.length == 230 ? 0 : row.size + 4));
    }
}
