#pragma once

#include "common/signals.hpp"
#include "common/terminal.hpp"

#include <chrono>

#include <sys/types.h>

namespace login {

/// The processes that a guest in a caller's session leaves behind: they become our
/// children, since they must not be left at the caller's terminal, and at the end of
/// scope who is still in our session or has the line open is hung up. A daemon without
/// it goes on.
class Orphans {
  public:
    explicit Orphans(const common::Terminal& line);
    Orphans(const Orphans&) = delete;
    Orphans(Orphans&&) = delete;
    Orphans& operator=(const Orphans&) = delete;
    Orphans& operator=(Orphans&&) = delete;
    /// HUP and CONT for a second, then KILL for two at most; then it is logged that
    /// somebody is left. Nobody may be able to open the line any more.
    ~Orphans();

    /// Readable once something has happened to a child.
    [[nodiscard]] int descriptor() const noexcept { return children_.descriptor(); }
    /// Waits for those that have ended, and never for `child`, who has an owner.
    /// Returns whether there were any.
    bool reap_all_but(pid_t child) noexcept;

  private:
    using Clock = std::chrono::steady_clock;

    void end_those_at_line();
    [[nodiscard]] std::size_t signal_those_at_line(int number, Clock::time_point end);

    common::SignalQueue children_;
    const common::Terminal& line_;
};

}  // namespace login
