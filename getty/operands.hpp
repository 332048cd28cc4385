#pragma once

#include "getty/line_speed.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace getty {

/// What follows the options: which line, how fast, which terminal is on it.
struct Operands {
    std::string line{};            ///< "-": standard input is the line
    std::vector<Speed> speeds{};   ///< empty: not given
    std::string terminal_type{};   ///< empty: not given
    LineSetup setup{};             ///< what a speed as 115200n8r says besides
    bool console_speed = false;    ///< the word console: as the kernel's command line says
    std::string label{};           ///< of a line table; empty: not given
    std::string unusable_speed{};  ///< why what stands for a speed is none; empty: it is one
    std::string first_surplus{};   ///< of the words that stand for nothing; empty: there is none

    bool operator==(const Operands&) const = default;
};

/// What tells a label from a line and from a terminal type.
struct OperandFacts {
    std::function<bool(std::string_view)> is_device;
    std::function<bool(std::string_view)> is_label;
};

/// All dialects: `LINE [SPEEDS] [TERM]` (agetty) and `SPEEDS LINE [TERM]`
/// (BusyBox, sysvinit), told apart by what is digits and commas; `LABEL LINE
/// [TERM]` (BSD) and `LINE LABEL [TERM]` (System V) where a line table has the
/// label. A word between line and type that is nothing of all that is passed
/// over. Empty operands count as not given: run scripts pass them. `#` and what
/// follows is a comment, as an inittab may have it (Buildroot's does): not
/// every init leaves that out. Throws UsageError where no line is named.
[[nodiscard]] Operands read_operands(std::span<const std::string_view> words,
                                     const OperandFacts& facts);

}  // namespace getty
