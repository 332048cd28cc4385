#pragma once

#include <chrono>
#include <string>

namespace login {

/// A moment as people here write it: "Sun Nov 22 05:04:11 UTC 2026".
[[nodiscard]] std::string local_time(std::chrono::sys_seconds when);

}  // namespace login
