#pragma once

#include "common/signals.hpp"

#include <sys/types.h>

namespace login {

/// The processes that a guest in a caller's session leaves behind: they become our
/// children, since they must not be left at the caller's terminal, and at the end of
/// scope who is still in our session is hung up.
class Orphans {
  public:
    Orphans();
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

    common::SignalQueue children_;
};

}  // namespace login
