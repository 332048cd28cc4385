#pragma once

#include "getty/line_speed.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace getty {

/// What follows the options: which line, how fast, which terminal is on it.
struct Operands {
    std::string line{};           ///< "-": standard input is the line
    std::vector<Speed> speeds{};  ///< empty: not given
    std::string terminal_type{};  ///< empty: not given
    LineSetup setup{};            ///< what a speed as 115200n8r says besides
    bool console_speed = false;   ///< the word console: as the kernel's command line says

    bool operator==(const Operands&) const = default;
};

/// Both dialects: `LINE [SPEEDS] [TERM]` (agetty) and `SPEEDS LINE [TERM]`
/// (getty of System V, BusyBox), told apart by what is digits and commas; also
/// `LINE LABEL TERM`. Empty operands count as not given: run scripts pass them.
/// Throws UsageError for too few or too many, Failure for a speed that is none.
[[nodiscard]] Operands read_operands(std::span<const std::string_view> words);

}  // namespace getty
