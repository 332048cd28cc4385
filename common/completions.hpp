#pragma once

#include "common/command_line.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace common {

/// What a shell can offer for a word.
enum class Offer {
    nothing,
    choices,  ///< a fixed list of words
    users,
    files,
    directories,
    lines,           ///< the kernel's terminals, by /sys/class/tty
    terminal_types,  ///< what the terminfo directories hold
};

struct Offered {
    Offer offer = Offer::nothing;
    std::vector<std::string> choices{};
};

struct CompletedOption {
    std::string short_form{};  ///< "-t", or empty
    std::string long_form{};   ///< "--timeout", or empty
    Argument argument = Argument::none;
    std::string value_name{};
    std::string help{};
    Offered value{};
};

/// All that a shell has to know of a program.
struct CompletedProgram {
    std::string name{};
    std::vector<CompletedOption> options{};
    /// For the first operand, the second, and so on.
    std::vector<std::vector<Offered>> operands{};
};

/// The text of the completion file for "bash", "zsh" or "fish"; empty for any
/// other shell. Built into the writers that run at build time, never into a
/// program that is installed.
[[nodiscard]] std::string completions_for(std::string_view shell, const CompletedProgram& program);

/// What a value is completed with, by the name the table of options gives it:
/// USER, FILE, PATH, PATHS, DIR, or its choices with bars between.
[[nodiscard]] Offered offered_for(std::string_view value_name);

}  // namespace common
