#include "login/first_process.hpp"

#include "common/signals.hpp"
#include "common/syscall.hpp"

#include <csignal>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace login {

namespace {

constexpr pid_t first = 1;

/// Waits for all that have ended; the end of login is ours.
void reap(pid_t login) noexcept {
    int status = 0;
    for (pid_t ended = 0; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;) {
        if (ended == login) {
            ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
        }
    }
}

[[noreturn]] void be_first_process(common::SignalQueue& signals, pid_t login) noexcept {
    // The line is login's: as long as anybody here held it, it could not be hung up.
    const auto kept = static_cast<unsigned>(signals.descriptor());
    ::close_range(0, kept - 1, 0);
    ::close_range(kept + 1, ~0U, 0);
    for (;;) {
        constexpr int no_end = -1;
        pollfd source{.fd = signals.descriptor(), .events = POLLIN, .revents = 0};
        ::poll(&source, 1, no_end);
        while (const auto number = signals.next()) {
            if (*number != SIGCHLD) {
                // Nobody but us waits for it: the number is still its own.
                ::kill(login, *number);
            }
        }
        reap(login);
    }
}

}  // namespace

void leave_first_process() {
    if (::getpid() != first) {
        return;
    }
    {
        // A terminal that is ours already has to be login's.
        const common::IgnoredSignal hang_up{SIGHUP};
        ::ioctl(STDIN_FILENO, TIOCNOTTY);
    }
    common::SignalQueue signals{SIGHUP, SIGTERM, SIGCHLD};
    const pid_t child = common::check(::fork(), "fork");
    if (child != 0) {
        be_first_process(signals, child);
    }
    common::check(::setsid(), "begin a session");
}

}  // namespace login
