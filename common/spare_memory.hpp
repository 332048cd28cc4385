#pragma once

namespace common {

/// What was needed to get here is not needed for the hours to come: free memory
/// between allocations, and the stack below the caller that deeper calls have used,
/// go back to the machine.
void give_memory_back() noexcept;

}  // namespace common
