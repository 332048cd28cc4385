#pragma once

#include "getty/line.hpp"

#include <vector>

namespace getty {

/// Serves the lines until none is left; returns the exit status of the last. A
/// line with a name becomes login: with one line that is this process.
int run(std::vector<Line> lines);

}  // namespace getty
