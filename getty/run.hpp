#pragma once

#include "getty/line.hpp"

#include <list>

namespace getty {

/// Serves the line until it is done; returns its exit status. With a name this process
/// becomes login.
int run(std::list<Line> lines);

/// Serves all lines of --lines, as they come and go, until a signal comes: then every
/// line is given back, and logins go on. With a name a login is started beside this
/// process. What one line cannot do is no other's business.
int run_many(const Options& options);

}  // namespace getty
