#pragma once

#include "login/sessions/machine.hpp"

namespace sessions {

/// Shows the list on the terminal and again every two seconds, at once when
/// the window changes its size, never longer or wider than it is; until q, an
/// end of file, ^C, a hang-up or SIGTERM. Throws common::UsageError unless standard
/// input and output are a terminal.
void watch(const Machine& machine);

}  // namespace sessions
