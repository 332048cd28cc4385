#pragma once

#include <chrono>
#include <optional>

#include <sys/resource.h>

namespace getty {

/// Ends a getty that spins (SIGXCPU): noise on a line must not take a processor
/// for itself. One that waits in between can go on for years.
class CpuLimit {
  public:
    using Clock = std::chrono::steady_clock;

    /// Getty is about to wait for the first time: until then nothing comes in.
    void begin();
    /// Getty has waited: the time that counts begins anew.
    void note_rest(Clock::time_point now);
    /// As it was found, once it has begun: for login, whose session may work as long
    /// as it likes.
    void lift() const;
    void impose();

  private:
    std::optional<rlimit> found_{};
    Clock::time_point imposed_{};
};

}  // namespace getty
