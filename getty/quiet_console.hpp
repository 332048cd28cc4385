#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace getty {

/// Keeps the kernel's messages off the console as long as it lives, all but the
/// last words of a kernel that dies (--quiet-console). printk's levels are those
/// of the whole machine: proc_sys_kernel(5).
class QuietConsole {
  public:
    /// One for all who want it at the same time: the console is quiet until the last of
    /// them is done.
    [[nodiscard]] static std::shared_ptr<QuietConsole> shared();

    QuietConsole();
    QuietConsole(const QuietConsole&) = delete;
    QuietConsole(QuietConsole&&) = delete;
    QuietConsole& operator=(const QuietConsole&) = delete;
    QuietConsole& operator=(QuietConsole&&) = delete;
    ~QuietConsole();

  private:
    std::optional<std::string> before_;
};

/// What to put back, from the text of /proc/sys/kernel/printk as it was found:
/// the first number; or the fourth, the level the machine booted with, where
/// somebody (another getty) has silenced the console already. Nothing where the
/// text is not as expected.
[[nodiscard]] std::optional<std::string> level_to_restore(std::string_view levels);

}  // namespace getty
