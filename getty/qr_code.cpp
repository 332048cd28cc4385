#include "getty/qr_code.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

namespace getty {

namespace {

using Bytes = std::vector<std::uint8_t>;

/// ISO/IEC 18004, tables 9 and E.1, level L.
struct Version {
    std::size_t blocks;                ///< all of the same length
    std::size_t data;                  ///< codewords in a block
    std::size_t correction;            ///< codewords more
    std::array<std::size_t, 3> marks;  ///< rows and columns of alignment patterns; 0: none
};

constexpr auto versions = std::to_array<Version>({
    {1, 19, 7, {}},
    {1, 34, 10, {6, 18}},
    {1, 55, 15, {6, 22}},
    {1, 80, 20, {6, 26}},
    {1, 108, 26, {6, 30}},
    {2, 68, 18, {6, 34}},
    {2, 78, 20, {6, 22, 38}},
    {2, 97, 24, {6, 24, 42}},
    {2, 116, 30, {6, 26, 46}},
});

/// The mode's four bits and eight for the number of bytes, up to version 9.
constexpr std::size_t heading = 2;
constexpr std::size_t quiet_zone = 2;
constexpr std::size_t finder = 7;  ///< modules of a finder pattern
constexpr std::size_t timing = 6;  ///< row and column of the timing patterns
constexpr unsigned bits_in_byte = 8;

std::size_t size_of(std::size_t version) {
    return 17 + 4 * version;
}

/// --- Reed and Solomon's code over GF(256), x^8 + x^4 + x^3 + x^2 + 1 ---

std::uint8_t product(std::uint8_t left, std::uint8_t right) {
    constexpr unsigned polynomial = 0x11D;
    unsigned result = 0;
    for (unsigned bit = bits_in_byte; bit-- > 0;) {
        result = (result << 1U) ^ ((result >> 7U) * polynomial);
        result ^= ((static_cast<unsigned>(right) >> bit) & 1U) * static_cast<unsigned>(left);
    }
    return static_cast<std::uint8_t>(result);
}

/// Without its leading 1.
Bytes generator(std::size_t degree) {
    Bytes coefficients(degree);
    coefficients.back() = 1;
    std::uint8_t root = 1;
    for (std::size_t i = 0; i < degree; ++i) {
        for (std::size_t j = 0; j < degree; ++j) {
            coefficients[j] = product(coefficients[j], root);
            if (j + 1 < degree) {
                coefficients[j] ^= coefficients[j + 1];
            }
        }
        root = product(root, 2);
    }
    return coefficients;
}

Bytes correction_of(const Bytes& data, const Bytes& divisor) {
    Bytes rest(divisor.size());
    for (const std::uint8_t byte : data) {
        const std::uint8_t factor = byte ^ rest.front();
        rest.erase(rest.begin());
        rest.push_back(0);
        for (std::size_t i = 0; i < rest.size(); ++i) {
            rest[i] ^= product(divisor[i], factor);
        }
    }
    return rest;
}

// --- what is written into the modules ---

/// Mode and length, the bytes, and padding up to what the version holds.
Bytes message(std::string_view text, std::size_t room) {
    constexpr unsigned byte_mode = 4;
    constexpr std::array<std::uint8_t, 2> padding{0xEC, 0x11};
    Bytes bytes;
    unsigned half = byte_mode;
    const auto add = [&](std::uint8_t byte) {
        bytes.push_back(static_cast<std::uint8_t>(half << 4U | byte >> 4U));
        half = byte & 0xFU;
    };
    add(static_cast<std::uint8_t>(text.size()));
    for (const char c : text) {
        add(static_cast<std::uint8_t>(c));
    }
    add(0);
    for (std::size_t i = 0; bytes.size() < room; ++i) {
        bytes.push_back(padding.at(i % padding.size()));
    }
    return bytes;
}

/// The blocks' codewords by turns, then what corrects them by turns.
Bytes codewords(std::string_view text, const Version& version) {
    const Bytes whole = message(text, version.blocks * version.data);
    const Bytes divisor = generator(version.correction);
    std::vector<Bytes> blocks;
    std::vector<Bytes> corrections;
    for (std::size_t i = 0; i < version.blocks; ++i) {
        const auto start = whole.begin() + static_cast<std::ptrdiff_t>(i * version.data);
        blocks.emplace_back(start, start + static_cast<std::ptrdiff_t>(version.data));
        corrections.push_back(correction_of(blocks.back(), divisor));
    }
    Bytes all;
    for (const auto* const part : {&blocks, &corrections}) {
        for (std::size_t i = 0; i < part->front().size(); ++i) {
            for (const Bytes& block : *part) {
                all.push_back(block[i]);
            }
        }
    }
    return all;
}

// --- where it is written ---

class Drawing {
  public:
    explicit Drawing(std::size_t number)
        : version_(versions.at(number - 1)), code_(size_of(number)), fixed_(size_of(number)) {
        draw_timing();
        for (const auto& [row, column] : {std::pair{std::size_t{0}, std::size_t{0}},
                                          std::pair{std::size_t{0}, end() - finder},
                                          std::pair{end() - finder, std::size_t{0}}}) {
            draw_finder(row, column);
        }
        draw_alignment();
        draw_format();
        draw_version(number);
    }

    /// In columns of two from the right, up and down by turns, round what is fixed.
    QrCode filled_with(const Bytes& bytes) {
        std::size_t bit = 0;
        bool upward = true;
        for (std::size_t right = end() - 1; right >= 1; right -= 2) {
            if (right == timing) {
                --right;
            }
            for (std::size_t i = 0; i < end(); ++i) {
                const std::size_t row = upward ? end() - 1 - i : i;
                fill(row, right, bytes, bit);
                fill(row, right - 1, bytes, bit);
            }
            upward = !upward;
            if (right == 1) {
                break;
            }
        }
        return std::move(code_);
    }

  private:
    [[nodiscard]] std::size_t end() const { return code_.size(); }

    void fix(std::size_t row, std::size_t column, bool dark) {
        code_.set(row, column, dark);
        fixed_.set(row, column, true);
    }

    /// Mask 0, the chess board. All eight are valid; scanners prefer the one with
    /// the fewest large areas, and read any from a screen.
    void fill(std::size_t row, std::size_t column, const Bytes& bytes, std::size_t& bit) {
        if (fixed_.is_dark(row, column)) {
            return;
        }
        bool dark = false;
        if (bit < bits_in_byte * bytes.size()) {
            const unsigned byte = bytes[bit / bits_in_byte];
            dark = ((byte >> (7U - bit % bits_in_byte)) & 1U) != 0;
            ++bit;
        }
        code_.set(row, column, dark != ((row + column) % 2 == 0));
    }

    void draw_timing() {
        for (std::size_t i = 0; i < end(); ++i) {
            fix(timing, i, i % 2 == 0);
            fix(i, timing, i % 2 == 0);
        }
    }

    /// With the light border that is inside the code.
    void draw_finder(std::size_t top, std::size_t left) {
        const std::size_t first_row = top == 0 ? 0 : top - 1;
        const std::size_t first_column = left == 0 ? 0 : left - 1;
        for (std::size_t row = first_row; row < std::min(top + finder + 1, end()); ++row) {
            for (std::size_t column = first_column; column < std::min(left + finder + 1, end());
                 ++column) {
                const std::size_t ring = distance(row, top + 3, column, left + 3);
                fix(row, column, ring != 2 && ring != 4);
            }
        }
    }

    void draw_alignment() {
        for (const std::size_t row : version_.marks) {
            for (const std::size_t column : version_.marks) {
                // The finder patterns have the corners.
                const bool is_corner = (row == timing && column == timing) ||
                                       (row == timing && column == end() - finder) ||
                                       (row == end() - finder && column == timing);
                if (row != 0 && column != 0 && !is_corner) {
                    draw_mark(row, column);
                }
            }
        }
    }

    void draw_mark(std::size_t row, std::size_t column) {
        for (std::size_t y = row - 2; y <= row + 2; ++y) {
            for (std::size_t x = column - 2; x <= column + 2; ++x) {
                fix(y, x, distance(y, row, x, column) != 1);
            }
        }
    }

    /// Level L with mask 0, which are all that we write: 15 bits of table C.1.
    void draw_format() {
        constexpr unsigned format = 0x77C4;
        constexpr std::size_t beside = 8;
        const auto bit = [](std::size_t i) { return ((format >> i) & 1U) != 0; };
        for (std::size_t i = 0; i < 6; ++i) {
            fix(i, beside, bit(i));
            fix(beside, i, bit(14 - i));
        }
        fix(7, beside, bit(6));
        fix(beside, beside, bit(7));
        fix(beside, 7, bit(8));
        for (std::size_t i = 0; i < 8; ++i) {
            fix(beside, end() - 1 - i, bit(i));
        }
        for (std::size_t i = 8; i < 15; ++i) {
            fix(end() - 15 + i, beside, bit(i));
        }
        fix(end() - 8, beside, true);
    }

    /// Table D.1, from version 7.
    void draw_version(std::size_t number) {
        constexpr std::array<unsigned, 3> codes{0x07C94, 0x085BC, 0x09A99};
        if (number < 7) {
            return;
        }
        const unsigned code = codes.at(number - 7);
        for (std::size_t i = 0; i < 18; ++i) {
            const bool dark = ((code >> i) & 1U) != 0;
            fix(end() - 11 + i % 3, i / 3, dark);
            fix(i / 3, end() - 11 + i % 3, dark);
        }
    }

    /// Of the rings round a centre.
    static std::size_t distance(std::size_t row,
                                std::size_t centre_row,
                                std::size_t column,
                                std::size_t centre_column) {
        const std::size_t down = row > centre_row ? row - centre_row : centre_row - row;
        const std::size_t across =
            column > centre_column ? column - centre_column : centre_column - column;
        return std::max(down, across);
    }

    const Version& version_;
    QrCode code_;
    QrCode fixed_;  ///< dark where no data goes
};

}  // namespace

std::optional<QrCode> qr_code(std::string_view bytes) {
    const auto* const version =
        std::find_if(versions.begin(), versions.end(), [&](const Version& v) {
            return bytes.size() + heading <= v.blocks * v.data;
        });
    if (version == versions.end()) {
        return std::nullopt;
    }
    const auto number = static_cast<std::size_t>(version - versions.begin()) + 1;
    return Drawing{number}.filled_with(codewords(bytes, *version));
}

std::size_t columns_of(const QrCode& code) {
    return code.size() + 2 * quiet_zone;
}

std::size_t rows_of(const QrCode& code) {
    return (code.size() + 2 * quiet_zone + 1) / 2;
}

std::string drawn(const QrCode& code) {
    const auto is_light = [&code](std::size_t row, std::size_t column) {
        const bool inside = row >= quiet_zone && row < code.size() + quiet_zone &&
                            column >= quiet_zone && column < code.size() + quiet_zone;
        return !inside || !code.is_dark(row - quiet_zone, column - quiet_zone);
    };
    // Full, upper and lower block; U+2588, U+2580, U+2584.
    constexpr std::array<std::string_view, 4> cells{
        " ", "\xe2\x96\x84", "\xe2\x96\x80", "\xe2\x96\x88"};
    std::string text;
    for (std::size_t row = 0; row < rows_of(code); ++row) {
        for (std::size_t column = 0; column < columns_of(code); ++column) {
            const bool upper = is_light(2 * row, column);
            const bool lower = is_light(2 * row + 1, column);
            text += cells.at((upper ? 2U : 0U) + (lower ? 1U : 0U));
        }
        text += '\n';
    }
    return text;
}

}  // namespace getty
