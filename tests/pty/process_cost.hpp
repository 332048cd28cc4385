#pragma once

#include "tests/pty/wait.hpp"

#include <chrono>
#include <cstddef>
#include <string>

#include <sys/types.h>

namespace pty {

/// What a process has cost the machine; proc(5). All of it is 0 for one that is
/// gone.
struct ProcessCost {
    std::string name;                          ///< comm: what it has become by now
    std::chrono::milliseconds processor{0};    ///< user and system time, in clock ticks
    std::chrono::nanoseconds on_processor{0};  ///< the same as the scheduler counts it
    std::size_t resident_kib = 0;              ///< VmRSS
    std::size_t own_kib = 0;                   ///< written by it and by nobody else
    /// Written by it; a child shares that without making it less.
    std::size_t written_kib = 0;
};

[[nodiscard]] ProcessCost cost_of(pid_t process);

/// The sanitizers' allocator keeps what was freed for a while, and everything
/// they watch takes its time.
constexpr bool is_measured = slowness == 1;

}  // namespace pty
