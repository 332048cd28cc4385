#include "common/syscall_filter.hpp"

#include "tests/common/seccomp.hpp"
#include "tests/testing.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <functional>
#include <vector>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <doctest/doctest.h>

namespace {

/// What exit_group(2) of a confined process says; it must do without the rest of the
/// C library's exit.
[[noreturn]] void leave(int status) {
    ::syscall(SYS_exit_group, status);
    ::_exit(status);
}

/// The status that a process ends with that is confined and then does this.
int status_of(const std::vector<long>& calls,
              const std::vector<unsigned long>& requests,
              const std::function<int()>& action) {
    auto filter = common::build_syscall_filter(calls, requests);
    const pid_t child = ::fork();
    if (child == 0) {
        constexpr int unconfined = 254;
        leave(common::confine_to(filter) == 0 ? action() : unconfined);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/// errno of a call that must fail, 0 if it does not.
int problem_of(long result) {
    return result < 0 ? errno : 0;
}

}  // namespace

TEST_CASE("a confined process does what its list names, and nothing else") {
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("a sanitizer's process makes system calls of its own");
    }
    tests::need_seccomp();
    const std::vector<long> list{SYS_read, SYS_write, SYS_exit_group, SYS_getpid};
    CHECK(status_of(list, {}, [] { return ::syscall(SYS_getpid) > 0 ? 0 : 1; }) == 0);
    CHECK(status_of(list, {}, [] { return problem_of(::open("/dev/null", O_RDONLY)); }) == EPERM);
    CHECK(status_of(list, {}, [] { return problem_of(::socket(AF_UNIX, SOCK_DGRAM, 0)); }) ==
          EPERM);
    CHECK(status_of(list, {}, [] {
              return problem_of(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
          }) == EPERM);
    CHECK(status_of(list, {}, [] { return problem_of(::kill(1, 0)); }) == EPERM);
    CHECK(status_of(list, {}, [] {
              std::array<char*, 1> nothing{};
              return problem_of(::execve("/bin/true", nothing.data(), nothing.data()));
          }) == EPERM);
    CHECK(status_of(list, {}, [] { return problem_of(::ioctl(0, TIOCGWINSZ, nullptr)); }) == EPERM);
    // Nor can the list be made longer.
    CHECK(status_of(list, {}, [] {
              auto more = common::build_syscall_filter(std::array{long{SYS_getuid}}, {});
              return common::confine_to(more);
          }) == EPERM);
}

TEST_CASE("a confined process is allowed single requests of ioctl") {
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("a sanitizer's process makes system calls of its own");
    }
    tests::need_seccomp();
    const std::vector<long> list{SYS_exit_group, SYS_getpid};
    const std::vector<unsigned long> requests{TCGETS, FIONREAD};
    const auto ask = [&](unsigned long request) {
        return status_of(list, requests, [request] {
            return problem_of(::syscall(SYS_ioctl, -1, request, nullptr));
        });
    };
    CHECK(ask(TCGETS) == EBADF);
    CHECK(ask(FIONREAD) == EBADF);
    CHECK(ask(TIOCSTI) == EPERM);
    CHECK(ask(TCSETS) == EPERM);
    CHECK(status_of(list, requests, [] { return problem_of(::syscall(SYS_getuid)); }) == EPERM);
    CHECK(status_of(list, requests, [] { return ::syscall(SYS_getpid) > 0 ? 0 : 1; }) == 0);
}

TEST_CASE("who may read and write only is killed by anything else, and can end") {
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("a sanitizer's process makes system calls of its own");
    }
    tests::need_seccomp();
    const auto end_of = [](void (*action)()) {
        const pid_t child = ::fork();
        if (child == 0) {
            if (common::confine_to_reading_and_writing() != 0) {
                ::_exit(254);
            }
            action();
            ::syscall(SYS_exit, 3);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        return status;
    };
    const auto is_killed = [&](void (*action)()) {
        const int status = end_of(action);
        return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    };
    const int status = end_of([] {
        if (::write(-1, "", 0) == 0 || ::read(-1, nullptr, 0) == 0) {
            ::syscall(SYS_exit, 1);
        }
    });
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 3);
    CHECK(is_killed([] { ::open("/dev/null", O_RDONLY); }));
    CHECK(is_killed([] { ::syscall(SYS_brk, 0); }));
    CHECK(is_killed([] { ::syscall(SYS_getpid); }));
    CHECK(is_killed([] { ::_exit(0); }));
    // Below a filter there is no such thing.
    CHECK(status_of({SYS_read, SYS_exit_group, SYS_prctl}, {}, [] {
              return common::confine_to_reading_and_writing();
          }) == EINVAL);
}
