#include "tests/bench/log_daemon.hpp"

#include "common/syscall.hpp"
#include "tests/pty/log_socket.hpp"

#include <csignal>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

namespace {

pid_t start_reader(const pty::World& world) {
    constexpr const char* path = "/dev/log";
    world.remove_file(path);
    // Bound when we return.
    pty::LogSocket socket{path};
    const pid_t reader = common::check(::fork(), "fork");
    if (reader == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        constexpr int for_ever = -1;
        for (;;) {
            pollfd source{.fd = socket.descriptor(), .events = POLLIN, .revents = 0};
            ::poll(&source, 1, for_ever);
            socket.forget();
        }
    }
    return reader;
}

}  // namespace

LogDaemon::LogDaemon(const pty::World& world) : process_(start_reader(world)) {}

LogDaemon::~LogDaemon() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
}

}  // namespace bench
