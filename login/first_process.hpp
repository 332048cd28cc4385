#pragma once

namespace login {

/// As process 1 of a container login could not be ended by anybody in there, its
/// watchdog included: the kernel lets no such signal through. Process 1 then becomes
/// one that only hands SIGHUP and SIGTERM on, waits for whoever ends, and leaves when
/// login does, with its status. Returns in a child that leads a session without a
/// terminal; in any other process nothing happens.
void leave_first_process();

}  // namespace login
