#include "tests/pty/isolation.hpp"

#include "common/syscall.hpp"
#include "common/unique_fd.hpp"

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pty {

namespace {

/// Besides the pid namespace, which only a fork enters.
constexpr int namespaces = CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS;
constexpr std::string_view host_name = "box";

bool isolated = false;

/// The first thing that cannot be done, or null. Runs in a child that ends
/// right after, so that it leaves nothing behind.
const char* first_obstacle() {
    if (::unshare(CLONE_NEWPID | namespaces) < 0) {
        return "unshare";
    }
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0 ||
        ::mount("tmpfs", "/tmp", "tmpfs", 0, nullptr) < 0) {
        return "mount";
    }
    if (::mknod("/tmp/null", S_IFCHR | 0666, makedev(1, 3)) < 0) {
        return "mknod";
    }
    if (::open("/tmp/null", O_RDWR | O_CLOEXEC) < 0) {
        return "open a device node in a private tmpfs";
    }
    if (::mkdir("/tmp/pts", 0755) < 0 ||
        ::mount("devpts", "/tmp/pts", "devpts", 0, "newinstance,ptmxmode=666") < 0) {
        return "mount a private devpts";
    }
    return nullptr;
}

std::optional<std::string> try_in_a_child() {
    std::array<int, 2> ends{};
    common::check(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
    const pid_t child = common::check(::fork(), "fork");
    if (child == 0) {
        if (const char* obstacle = first_obstacle(); obstacle != nullptr) {
            ::dprintf(ends[1], "%s: %s", obstacle, std::strerror(errno));
        }
        ::_exit(0);
    }
    ::close(ends[1]);
    std::array<char, 256> text{};
    const auto length =
        common::retry_interrupted([&] { return ::read(ends[0], text.data(), text.size()); });
    ::close(ends[0]);
    common::retry_interrupted([&] { return ::waitpid(child, nullptr, 0); });
    if (length <= 0) {
        return std::nullopt;
    }
    return std::string{text.data(), static_cast<std::size_t>(length)};
}

int exit_status_of(int wait_status) {
    // As a shell tells it.
    return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

/// The end of the child, and what asks us to end: then the caller of
/// run_isolated() still gets to put back what it has changed (a terminal).
class BlockedSignals {
  public:
    BlockedSignals() {
        ::sigemptyset(&waited_for_);
        for (const int number : {SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGQUIT}) {
            ::sigaddset(&waited_for_, number);
        }
        ::sigprocmask(SIG_BLOCK, &waited_for_, &before_);
    }
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;
    BlockedSignals(BlockedSignals&&) = delete;
    BlockedSignals& operator=(BlockedSignals&&) = delete;
    ~BlockedSignals() { unblock(); }

    void unblock() const { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

    [[nodiscard]] int wait() const {
        return common::check(
            common::retry_interrupted([this] { return ::sigwaitinfo(&waited_for_, nullptr); }),
            "sigwaitinfo");
    }

  private:
    sigset_t waited_for_{};
    sigset_t before_{};
};

/// What programs would find on a machine that has just been started.
void furnish_namespaces() {
    common::check(::unshare(namespaces), "unshare");
    common::check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make / private");
    common::check(::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr),
                  "mount /proc");
    common::check(::sethostname(host_name.data(), host_name.size()), "sethostname");
}

[[noreturn]] void run_body(const std::function<int()>& body) noexcept {
    int status = EXIT_FAILURE;
    try {
        isolated = true;
        ::umask(022);
        status = body();
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "%s\n", problem.what());
    } catch (...) {
        std::fputs("unknown exception\n", stderr);
    }
    // Not _exit: output is flushed, and a leak checker has its say.
    std::exit(status);
}

/// Process 1 of the namespace: reaps what is orphaned, as an init does, and
/// leaves with the body, which makes the kernel end whoever is left.
[[noreturn]] void be_init(const std::function<int()>& body) noexcept {
    try {
        // Else a killed test program would leave all of this running.
        common::check(::prctl(PR_SET_PDEATHSIG, SIGKILL), "PR_SET_PDEATHSIG");
        furnish_namespaces();
        const pid_t child = common::check(::fork(), "fork");
        if (child == 0) {
            run_body(body);
        }
        while (true) {
            int status = 0;
            const pid_t ended =
                common::retry_interrupted([&] { return ::waitpid(-1, &status, 0); });
            if (ended == child) {
                ::_exit(exit_status_of(status));
            }
        }
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "cannot isolate: %s\n", problem.what());
        ::_exit(EXIT_FAILURE);
    }
}

}  // namespace

std::optional<std::string> why_not_isolated() {
    if (::geteuid() != 0) {
        return "needs root, for a private mount namespace with its own /etc, /run, /var/log and "
               "/dev";
    }
    if (const auto obstacle = try_in_a_child()) {
        return "needs a private mount namespace, which this machine refuses (" + *obstacle + ")";
    }
    return std::nullopt;
}

int run_isolated(const std::function<int()>& body) {
    std::fflush(nullptr);
    const BlockedSignals blocked;
    const common::UniqueFd our_namespace{
        common::check(::open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC), "open the namespace")};
    common::check(::unshare(CLONE_NEWPID), "unshare");
    const pid_t init = common::check(::fork(), "fork");
    if (init == 0) {
        blocked.unblock();
        be_init(body);
    }
    // Else nothing could be forked here once that init has ended; a leak
    // checker does.
    common::check(::setns(our_namespace.get(), CLONE_NEWPID), "setns");
    const int number = blocked.wait();
    if (number != SIGCHLD) {
        ::kill(init, SIGKILL);
    }
    int status = 0;
    common::check(common::retry_interrupted([&] { return ::waitpid(init, &status, 0); }),
                  "waitpid");
    return number == SIGCHLD ? exit_status_of(status) : 128 + number;
}

bool is_isolated() {
    return isolated;
}

}  // namespace pty
