#pragma once

#include "common/unique_fd.hpp"

#include <csignal>
#include <cstdint>
#include <initializer_list>
#include <optional>

#include <sys/types.h>

namespace common {

/// Signals turned into something poll(2) can wait for: blocked here, read from
/// a descriptor. No handler of ours ever runs. The mask that was there before
/// is restored at the end.
class SignalQueue {
  public:
    SignalQueue(std::initializer_list<int> signals);
    SignalQueue(const SignalQueue&) = delete;
    SignalQueue(SignalQueue&&) = delete;
    SignalQueue& operator=(const SignalQueue&) = delete;
    SignalQueue& operator=(SignalQueue&&) = delete;
    ~SignalQueue();

    [[nodiscard]] int descriptor() const noexcept { return fd_.get(); }
    /// The number of the next signal that has arrived, or nothing.
    [[nodiscard]] std::optional<int> next() noexcept;
    /// Whether next() has found that somebody else's code has closed the descriptor, or
    /// put another file in its place. There is no descriptor() any more, which poll(2)
    /// passes over.
    [[nodiscard]] bool is_lost() const noexcept { return !fd_.is_open(); }
    /// Once more, where somebody else's code may have let them through again.
    void block() const noexcept;
    /// The process is about to end, which undoes it all: nothing is restored.
    void keep() noexcept { keeps_ = true; }

  private:
    sigset_t wanted_{};
    sigset_t before_{};
    UniqueFd fd_;
    bool keeps_ = false;
};

/// From here on; one that is blocked and waits is forgotten. Async-signal-safe.
void ignore_signal(int number) noexcept;
/// Back to what it does by default. Async-signal-safe.
void default_signal(int number) noexcept;

/// No SIGALRM from a timer (setitimer(2), alarm(2)) that was running when the process began:
/// exec(2) leaves it running, and who set it has forgotten it.
void stop_inherited_alarm() noexcept;

/// Ignores a signal, and forgets one that is waiting, until the end of scope.
class IgnoredSignal {
  public:
    explicit IgnoredSignal(int number) noexcept;
    IgnoredSignal(const IgnoredSignal&) = delete;
    IgnoredSignal(IgnoredSignal&&) = delete;
    IgnoredSignal& operator=(const IgnoredSignal&) = delete;
    IgnoredSignal& operator=(IgnoredSignal&&) = delete;
    ~IgnoredSignal();

  private:
    int number_;
    struct sigaction before_ {};
};

/// Signals as bits, from number 1 at the lowest on.
using SignalBits = std::uint64_t;

/// What /proc/self/status says (proc_pid_status(5)): all signals, where it says nothing.
struct SignalStatus {
    SignalBits ignored = ~SignalBits{0};
    SignalBits blocked = ~SignalBits{0};
};
/// Async-signal-safe.
[[nodiscard]] SignalStatus own_signal_status() noexcept;

/// Every signal on its default action, none blocked: what a program expects
/// that is about to be exec'd, which itself takes back what is caught and leaves what
/// is ignored. Async-signal-safe.
void default_signals() noexcept;
/// The same where it is known which are ignored.
void default_signals(SignalBits ignored) noexcept;

}  // namespace common
