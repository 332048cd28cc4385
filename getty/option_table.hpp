#pragma once

#include "common/command_line.hpp"
#include "getty/options.hpp"

#include <span>
#include <string_view>

namespace getty {

/// A line of the table: what the option looks like, and what it does. `apply`
/// is null for what is answered at once: --help, --version.
struct OptionEntry {
    common::OptionRule rule;
    void (*apply)(Options& options, std::string_view value);
};

/// The one table of options: the command line is read by it, and at build time
/// the help text is written from it.
[[nodiscard]] std::span<const OptionEntry> option_table();

/// How many entries at the front of the table are agetty's: their abbreviations
/// stay good where an option of ours begins alike.
[[nodiscard]] std::size_t established_options();

/// How getty is called, for --help.
inline constexpr std::string_view usage_text =
    "Usage: getty [OPTIONS] LINE [SPEED,...] [TERM]\n"
    "       getty [OPTIONS] SPEED,... LINE [TERM]\n"
    "       getty [OPTIONS] LABEL LINE [TERM], or LINE LABEL\n"
    "       getty [OPTIONS] --lines LINE,... [SPEED,...] [TERM]\n";

}  // namespace getty
