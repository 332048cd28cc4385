#include "common/signals.hpp"

#include "common/syscall.hpp"

#include <array>
#include <charconv>
#include <string_view>

#include <fcntl.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <unistd.h>

namespace common {

namespace {

/// From the lowest bit on. All of them where nobody says: then each costs a system call.
SignalBits signals_in(std::string_view status, std::string_view key) noexcept {
    const auto at = status.find(key);
    SignalBits signals = 0;
    const char* const end = status.data() + status.size();
    constexpr int hexadecimal = 16;
    const bool is_told =
        at != status.npos &&
        std::from_chars(status.data() + at + key.size(), end, signals, hexadecimal).ec ==
            std::errc{};
    return is_told ? signals : ~SignalBits{0};
}

}  // namespace

SignalQueue::SignalQueue(std::initializer_list<int> signals) {
    ::sigemptyset(&wanted_);
    for (const int number : signals) {
        ::sigaddset(&wanted_, number);
    }
    check(::sigprocmask(SIG_BLOCK, &wanted_, &before_), "block signals");
    fd_.reset(check(::signalfd(-1, &wanted_, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
}

void SignalQueue::block() const noexcept {
    ::sigprocmask(SIG_BLOCK, &wanted_, nullptr);
}

SignalQueue::~SignalQueue() {
    if (keeps_) {
        static_cast<void>(fd_.release());
        return;
    }
    // What is still in the queue was meant for the time of the queue, and must
    // not end us now, in the middle of the undo of something else.
    while (next()) {
    }
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> SignalQueue::next() noexcept {
    signalfd_siginfo arrived{};
    const auto size = ::read(fd_.get(), &arrived, sizeof arrived);
    const auto number = static_cast<int>(arrived.ssi_signo);
    if (size == static_cast<ssize_t>(sizeof arrived) && ::sigismember(&wanted_, number) == 1) {
        return number;
    }
    if (size >= 0 || errno == EBADF) {
        // What the number names now is not ours to close.
        static_cast<void>(fd_.release());
    }
    return std::nullopt;
}

void ignore_signal(int number) noexcept {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(number, &ignore, nullptr);
}

void default_signal(int number) noexcept {
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL;
    ::sigaction(number, &usual, nullptr);
}

void stop_inherited_alarm() noexcept {
    const itimerval none{};
    ::setitimer(ITIMER_REAL, &none, nullptr);
}

IgnoredSignal::IgnoredSignal(int number) noexcept : number_(number) {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(number, &ignore, &before_);
}

IgnoredSignal::~IgnoredSignal() {
    // A signal that was blocked while it was ignored is still waiting: setting
    // the action to "ignore" once more is what discards it.
    ignore_signal(number_);
    ::sigaction(number_, &before_, nullptr);
}

SignalStatus own_signal_status() noexcept {
    std::array<char, 2048> text{};
    const UniqueFd file{::open("/proc/self/status", O_RDONLY | O_CLOEXEC)};
    const auto size = ::read(file.get(), text.data(), text.size());
    const std::string_view status{text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
    return {.ignored = signals_in(status, "\nSigIgn:\t"),
            .blocked = signals_in(status, "\nSigBlk:\t")};
}

void default_signals() noexcept {
    default_signals(own_signal_status().ignored);
}

void default_signals(SignalBits ignored) noexcept {
    for (int number = 1; number < NSIG; ++number) {
        if (((ignored >> static_cast<unsigned>(number - 1)) & 1U) != 0) {
            default_signal(number);
        }
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace common
