#include "common/signals.hpp"

#include "tests/testing.hpp"

#include <csignal>
#include <optional>

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

using common::IgnoredSignal;
using common::SignalQueue;

namespace {

bool is_blocked(int number) {
    sigset_t mask;
    ::sigprocmask(SIG_SETMASK, nullptr, &mask);
    return ::sigismember(&mask, number) == 1;
}

bool is_pending(int number) {
    sigset_t pending;
    ::sigpending(&pending);
    return ::sigismember(&pending, number) == 1;
}

bool is_readable(int fd) {
    pollfd source{.fd = fd, .events = POLLIN, .revents = 0};
    return ::poll(&source, 1, 0) == 1;
}

volatile sig_atomic_t handled = 0;

/// Counts SIGUSR1 and SIGUSR2 while it is there.
class CountingHandler {
  public:
    CountingHandler() {
        handled = 0;
        std::signal(SIGUSR1, [](int) { handled = handled + 1; });
        std::signal(SIGUSR2, [](int) { handled = handled + 1; });
    }
    CountingHandler(const CountingHandler&) = delete;
    CountingHandler(CountingHandler&&) = delete;
    CountingHandler& operator=(const CountingHandler&) = delete;
    CountingHandler& operator=(CountingHandler&&) = delete;
    ~CountingHandler() {
        std::signal(SIGUSR1, SIG_DFL);
        std::signal(SIGUSR2, SIG_DFL);
    }
};

}  // namespace

TEST_CASE("signals that are queued are read, not delivered") {
    const CountingHandler handler;
    SignalQueue signals{SIGUSR1, SIGUSR2};
    CHECK(signals.next() == std::nullopt);
    CHECK_FALSE(is_readable(signals.descriptor()));
    ::kill(::getpid(), SIGUSR2);
    CHECK(is_readable(signals.descriptor()));
    CHECK(signals.next() == SIGUSR2);
    CHECK(signals.next() == std::nullopt);
    ::kill(::getpid(), SIGUSR1);
    ::kill(::getpid(), SIGUSR1);
    CHECK(signals.next() == SIGUSR1);
    CHECK(signals.next() == std::nullopt);
    CHECK(handled == 0);
}

TEST_CASE("a queue leaves the mask as it found it") {
    const CountingHandler handler;
    REQUIRE_FALSE(is_blocked(SIGUSR1));
    {
        const SignalQueue outer{SIGUSR1};
        CHECK(is_blocked(SIGUSR1));
        {
            const SignalQueue inner{SIGUSR1, SIGUSR2};
            CHECK(is_blocked(SIGUSR2));
        }
        CHECK(is_blocked(SIGUSR1));
        CHECK_FALSE(is_blocked(SIGUSR2));
    }
    CHECK_FALSE(is_blocked(SIGUSR1));
    ::raise(SIGUSR1);
    CHECK(handled == 1);
}

TEST_CASE("an ignored signal does nothing, until the end of scope") {
    const CountingHandler handler;
    {
        const IgnoredSignal ignored{SIGUSR1};
        ::raise(SIGUSR1);
        CHECK(handled == 0);
    }
    ::raise(SIGUSR1);
    CHECK(handled == 1);
}

TEST_CASE("an ignored signal that was blocked meanwhile is forgotten") {
    const CountingHandler handler;
    sigset_t usr1;
    sigset_t before;
    ::sigemptyset(&usr1);
    ::sigaddset(&usr1, SIGUSR1);
    ::sigprocmask(SIG_BLOCK, &usr1, &before);
    {
        const IgnoredSignal ignored{SIGUSR1};
        ::kill(::getpid(), SIGUSR1);
    }
    CHECK_FALSE(is_pending(SIGUSR1));
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    CHECK(handled == 0);
}

TEST_CASE("a hang-up of our own making is not heard of later") {
    // Blocked by a queue and ignored: it waits, until the ignoring ends.
    SignalQueue signals{SIGUSR1};
    {
        const IgnoredSignal ignored{SIGUSR1};
        ::kill(::getpid(), SIGUSR1);
    }
    CHECK(signals.next() == std::nullopt);
}

/// In a child: none of its signals is ignored or blocked, and SIGTERM ends it.
int status_with_default_signals(void (*before)()) {
    const pid_t child = ::fork();
    if (child == 0) {
        std::signal(SIGTERM, SIG_IGN);
        std::signal(SIGRTMAX, SIG_IGN);
        std::signal(SIGUSR1, [](int) {});
        sigset_t all;
        ::sigfillset(&all);
        ::sigprocmask(SIG_SETMASK, &all, nullptr);
        before();
        common::default_signals();
        for (int number = 1; number < NSIG; ++number) {
            struct sigaction action {};
            if (::sigaction(number, nullptr, &action) == 0 &&
                (action.sa_handler == SIG_IGN || is_blocked(number))) {
                ::_exit(1);
            }
        }
        ::raise(SIGTERM);
        ::_exit(2);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}

TEST_CASE("default signals are ignored and blocked no more, and exec does the rest") {
    constexpr int others_are_told = 3;
    const int status = status_with_default_signals([] {
        if (((common::own_signal_status().ignored >> (SIGRTMAX - 1)) & 1U) == 0) {
            ::_exit(others_are_told);
        }
    });
    if (WIFEXITED(status) && WEXITSTATUS(status) == others_are_told) {
        tests::skip("needs /proc to tell this process's signals, not those of its emulator");
    }
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGTERM);
}

TEST_CASE("default signals are so where nobody says what they were") {
    const int status = status_with_default_signals([] {
        const rlimit none{};
        ::setrlimit(RLIMIT_NOFILE, &none);
    });
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGTERM);
}
