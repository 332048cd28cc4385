#pragma once

#include <cstddef>

namespace common {

/// What was needed to get here is not needed for the hours to come: free memory
/// between allocations, and the stack below the caller that deeper calls have used,
/// go back to the machine.
void give_memory_back() noexcept;

/// Has malloc(3) keep what is freed from here on, until it is given back.
void keep_freed_memory() noexcept;

/// Nothing but free memory until that much, less than 128 KiB, has been allocated: no
/// system call is needed for it. Hardly any of it is touched. False where it cannot be had.
[[nodiscard]] bool have_memory_ready(std::size_t bytes) noexcept;

}  // namespace common
