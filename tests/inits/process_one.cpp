#include "tests/inits/process_one.hpp"

#include "common/syscall.hpp"

#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace inits {

namespace {

/// Waits for process 1, so that who has started it sees it end.
[[noreturn]] void stand_beside(pid_t init) noexcept {
    // The pipe that reports a failed start is the child's alone.
    ::close_range(STDERR_FILENO + 1, ~0U, 0);
    int status = 0;
    common::retry_interrupted([&] { return ::waitpid(init, &status, 0); });
    ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

void become_process_one() noexcept {
    if (::unshare(CLONE_NEWPID | CLONE_NEWNS) < 0) {
        ::_exit(127);
    }
    const pid_t init = ::fork();
    if (init < 0) {
        ::_exit(127);
    }
    if (init != 0) {
        stand_beside(init);
    }
    // An init sets the kernel up, which is not its own here.
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
        ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) < 0 ||
        ::mount("/proc/sys", "/proc/sys", nullptr, MS_BIND, nullptr) < 0 ||
        ::mount(nullptr, "/proc/sys", nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) < 0) {
        ::_exit(127);
    }
}

}  // namespace

pty::Process start_as_process_one(pty::Command command) {
    command.before_exec = [before_exec = std::move(command.before_exec)] {
        become_process_one();
        if (before_exec) {
            before_exec();
        }
    };
    return pty::Process{command};
}

pid_t id_inside(pid_t process) {
    std::ifstream status{"/proc/" + std::to_string(process) + "/status"};
    for (std::string line; std::getline(status, line);) {
        // From the outermost namespace that this /proc can see to its own.
        if (line.starts_with("NSpid:")) {
            std::istringstream ids{line.substr(line.find(':') + 1)};
            pid_t last = 0;
            for (pid_t id = 0; ids >> id;) {
                last = id;
            }
            return last;
        }
    }
    throw std::runtime_error{"no process " + std::to_string(process)};
}

}  // namespace inits
