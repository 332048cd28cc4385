#pragma once

#include "common/environment.hpp"
#include "common/signals.hpp"

namespace login {

/// The first thing login does, whatever it was started with: no descriptor but
/// the standard ones, no core dump, no working directory, umask and signal
/// disposition of somebody else's, and an environment of its own. Returns the
/// environment we were given. Throws common::UsageError when run set-user-id.
[[nodiscard]] common::Environment start_clean();

/// Those that login ignores from then on.
[[nodiscard]] common::SignalBits unheeded_signals() noexcept;

/// Limits and priority as a session begins with them; what a core file may be
/// is again what it was before start_clean().
void give_default_limits();

}  // namespace login
