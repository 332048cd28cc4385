#include "tests/inits/process_one.hpp"

#include "common/syscall.hpp"
#include "tests/testing.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace inits {

namespace {

/// A slow mirror is no reason to skip; one that never answers is.
constexpr pty::Milliseconds longest_download{120'000};

/// What apt-get and the script look at.
std::vector<std::string> environment_for_fetching() {
    std::vector<std::string> environment;
    for (const std::string name : {"PATH",
                                   "HOME",
                                   "TTYGATE_CACHE",
                                   "XDG_CACHE_HOME",
                                   "http_proxy",
                                   "https_proxy",
                                   "no_proxy"}) {
        if (const char* const value = std::getenv(name.c_str())) {
            environment.push_back(name + "=" + value);
        }
    }
    return environment;
}

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
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
        ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) < 0) {
        ::_exit(127);
    }
}

}  // namespace

std::string fetched_package(const std::string& name) {
    const auto [exit, output] =
        pty::run({.arguments = {TTYGATE_FETCH, name}, .environment = environment_for_fetching()},
                 longest_download);
    std::string text = output.substr(0, output.find_last_not_of('\n') + 1);
    constexpr int cannot_be_had = 77;
    if (exit == pty::Exit{.status = cannot_be_had}) {
        tests::skip(text);
    }
    if (exit != pty::Exit{.status = 0}) {
        throw std::runtime_error{"tests/fetch " + name + ": " + text};
    }
    return text;
}

std::string fetched_file(const std::string& package, const std::string& path) {
    std::ifstream file{fetched_package(package) + path, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (text.empty()) {
        throw std::runtime_error{"no " + path + " in the package " + package};
    }
    return text;
}

pty::Process start_as_process_one(pty::Command command) {
    command.before_exec = become_process_one;
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
