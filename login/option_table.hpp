#pragma once

#include "login/options.hpp"

#include <span>
#include <string_view>

namespace login {

/// One option: how it is written, and what it does.
struct OptionRow {
    std::string_view short_form;  ///< "" for an option without one
    std::string_view long_form;
    std::string_view argument;  ///< "" for an option that takes none
    std::string_view meaning;
    /// Null for what is answered at once: --help, --version.
    void (*apply)(Options& options, std::string_view value);
};

/// The one table of options: the command line is read by it, and at build time
/// the help text is written from it.
[[nodiscard]] std::span<const OptionRow> option_table();

}  // namespace login
