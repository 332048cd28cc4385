#pragma once

#include "login/check.hpp"
#include "login/options.hpp"

namespace login {

/// Looks at what a login by these options would meet, for the user they name or
/// for anybody, on the line that is standard input if it is one. Nothing is
/// changed, asked, opened for long, recorded or logged.
[[nodiscard]] CheckReport look_for(const Options& options);

/// `login --check`: prints the report and returns the exit status.
[[nodiscard]] int run_check(const Options& options);

}  // namespace login
