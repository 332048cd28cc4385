#pragma once

#include "getty/options.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace getty {

/// The operand that stands for every active console of the kernel.
constexpr std::string_view all_consoles = "@console";

/// The lines of /sys/class/tty/console/active: "tty0 ttyS0" is tty1's screen
/// and ttyS0. tty0 is whichever screen is shown; its getty belongs on tty1.
[[nodiscard]] std::vector<std::string> console_lines(std::string_view active);

/// Serves each console by a child that runs `serve` with its line, and starts a
/// child that ended again, after pauses that grow while it ends quickly.
/// Returns only in a child, with what `serve` returned.
[[nodiscard]] int serve_consoles(const Options& options, int (*serve)(const Options& options));

}  // namespace getty
