#pragma once

namespace pty {

/// Mounts everything a World consists of over the machine's directories. The
/// calling process must have a mount namespace of its own and nothing to lose
/// in it.
void mount_world();

}  // namespace pty
