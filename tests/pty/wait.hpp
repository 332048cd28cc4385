#pragma once

#include <chrono>
#include <functional>

namespace pty {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

/// Programs with a sanitizer in them are given more time.
constexpr int slowness = TTYGATE_SANITIZED != 0 ? 4 : 1;
/// How long something that should happen at once may take before a test fails: on
/// a machine that has eight times as much to do as it can, too.
constexpr Milliseconds default_deadline{TTYGATE_SANITIZED != 0 ? 40'000 : 20'000};

/// Something the programs under test write to: they would stall or lose data
/// if nobody read it while the test waits for something else.
class Source {
  public:
    Source();
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    Source(Source&&) = delete;
    Source& operator=(Source&&) = delete;
    virtual ~Source();

    /// The descriptor to poll, or -1 while there is nothing to wait for.
    [[nodiscard]] virtual int descriptor() const = 0;
    /// Reads what is there without waiting.
    virtual void receive() = 0;
};

/// Waits until the condition holds, reading from every source meanwhile.
/// Returns whether it held before the deadline. Every wait of a test is this
/// one, so that all lines and the log are always being read: also what came
/// between the last look at them and the condition, such as a process' last words
/// before the end that is waited for.
bool wait_until(const std::function<bool()>& condition, Milliseconds deadline = default_deadline);

/// Lets the programs under test go on for a while.
void let_pass(Milliseconds duration);

}  // namespace pty
