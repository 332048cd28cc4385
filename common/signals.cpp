#include "common/signals.hpp"

#include "common/syscall.hpp"

#include <sys/signalfd.h>

namespace common {

SignalQueue::SignalQueue(std::initializer_list<int> signals) {
    sigset_t wanted;
    ::sigemptyset(&wanted);
    for (const int number : signals) {
        ::sigaddset(&wanted, number);
    }
    check(::sigprocmask(SIG_BLOCK, &wanted, &before_), "block signals");
    fd_.reset(check(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
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
    if (size != static_cast<ssize_t>(sizeof arrived)) {
        return std::nullopt;
    }
    return static_cast<int>(arrived.ssi_signo);
}

IgnoredSignal::IgnoredSignal(int number) noexcept : number_(number) {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(number, &ignore, &before_);
}

IgnoredSignal::~IgnoredSignal() {
    // A signal that was blocked while it was ignored is still waiting: setting
    // the action to "ignore" once more is what discards it.
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(number_, &ignore, nullptr);
    ::sigaction(number_, &before_, nullptr);
}

void default_signals() noexcept {
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) {
        ::sigaction(number, &action, nullptr);
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace common
