#pragma once

namespace getty {

/// As many open files as this process may have (RLIMIT_NOFILE): each line is one.
void raise_descriptor_limit() noexcept;

/// As it was found, for a login; nothing where it was not raised.
void restore_descriptor_limit() noexcept;

}  // namespace getty
