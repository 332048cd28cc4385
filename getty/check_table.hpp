#pragma once

#include "getty/options.hpp"

namespace getty {

/// --check-table FILE: what the table says, as sections of getty.conf(5), on
/// standard output, and every problem as `file:line: what` on standard error.
/// Returns 1 if there was any.
[[nodiscard]] int check_table(const Options& options);

}  // namespace getty
