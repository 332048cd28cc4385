#pragma once

#include <chrono>

#include <sys/resource.h>

namespace getty {

/// Ends a getty that spins (SIGXCPU): noise on a line must not take a processor
/// for itself. One that waits in between can go on for years.
class CpuLimit {
  public:
    using Clock = std::chrono::steady_clock;

    CpuLimit();

    /// Getty waits: the time that counts begins anew.
    void note_rest(Clock::time_point now);
    /// As it was found: for login, whose session may work as long as it likes.
    void lift() const;
    void impose();

  private:
    rlimit found_{};
    Clock::time_point imposed_{};
};

}  // namespace getty
