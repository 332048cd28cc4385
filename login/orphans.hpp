#pragma once

#include "common/signals.hpp"

#include <sys/types.h>

namespace login {

/// The processes that a session leaves behind, where they become our children:
/// process 1 is given them by the kernel, and a guest in a caller's session asks
/// for them, since it must not leave them at the caller's terminal.
class Orphans {
  public:
    enum class Fate {
        reaped,  ///< process 1: whoever ends is waited for
        ended,   ///< a guest: at the end of scope who is still in our session is hung up
    };

    explicit Orphans(Fate fate);
    Orphans(const Orphans&) = delete;
    Orphans(Orphans&&) = delete;
    Orphans& operator=(const Orphans&) = delete;
    Orphans& operator=(Orphans&&) = delete;
    /// Takes a second at most: HUP and CONT first, then KILL.
    ~Orphans();

    /// Readable once something has happened to a child.
    [[nodiscard]] int descriptor() const noexcept { return children_.descriptor(); }
    /// Waits for those that have ended, and never for `child`, who has an owner.
    void reap_all_but(pid_t child) noexcept;

  private:
    void end_those_in_our_session();

    Fate fate_;
    common::SignalQueue children_;
};

}  // namespace login
