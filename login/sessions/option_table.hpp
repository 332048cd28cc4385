#pragma once

#include "common/command_line.hpp"
#include "login/sessions/options.hpp"

#include <span>
#include <string_view>

namespace sessions {

/// A line of the table: what the option looks like, and what it does. `apply`
/// is null for what is answered at once: --help, --version.
struct OptionEntry {
    common::OptionRule rule;
    void (*apply)(Options& options, std::string_view value);
};

/// The one table of options: the command line is read by it, and at build time
/// the help text and the completion files are written from it.
[[nodiscard]] std::span<const OptionEntry> option_table();

}  // namespace sessions
