#pragma once

#include <functional>
#include <optional>
#include <string>

namespace pty {

/// Why this process cannot make namespaces and device nodes, in words for a
/// person; nothing when it can.
[[nodiscard]] std::optional<std::string> why_not_isolated();

/// Runs `body` in a child process in pid, mount, IPC and UTS namespaces of its
/// own, with the host name "box" and its own /proc, and returns its exit
/// status. When that ends, or this process does, the kernel ends every process
/// started inside: nothing a test starts outlives it.
[[nodiscard]] int run_isolated(const std::function<int()>& body);

/// Whether this process is inside such a child.
[[nodiscard]] bool is_isolated();

}  // namespace pty
