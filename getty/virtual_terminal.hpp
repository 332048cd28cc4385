#pragma once

#include "common/terminal.hpp"
#include "getty/virtual_terminal_text.hpp"

#include <optional>
#include <string>

namespace getty {

/// Makes a virtual terminal that is ours usable after what used it before:
/// lights follow the locks, and the line edits UTF-8 (IUTF8) if that is what the
/// keyboard sends; where it sends codes, the kernel's default (vt.default_utf8)
/// decides. The keyboard's mode and the screen's are never changed. The screens
/// that show what is on it, /dev/vcsN and its kind, are root's again. Returns
/// what to write for the rest. What cannot be done in a container is left.
[[nodiscard]] std::string restore_virtual_terminal(const common::Terminal& terminal);

/// The locks of the keyboard; nothing for what is no virtual terminal.
[[nodiscard]] std::optional<Locks> locks_of(const common::Terminal& terminal);

/// What the person at a virtual terminal should know of the keyboard.
class LockHints {
  public:
    /// As it is now: "" where there is nothing to say.
    [[nodiscard]] std::string hint(const common::Terminal& terminal);
    /// The same, if a lock has changed since it was last asked for.
    [[nodiscard]] std::optional<std::string> news(const common::Terminal& terminal);

  private:
    std::optional<Locks> seen_;
};

}  // namespace getty
