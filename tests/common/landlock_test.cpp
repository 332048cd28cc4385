#include "common/landlock.hpp"

#include "tests/common/temporary_directory.hpp"
#include "tests/testing.hpp"

#include <cerrno>
#include <functional>
#include <string>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

namespace {

constexpr int has_none = 254;

/// The status of a process that has given up files and then does this.
int status_of(const std::function<int()>& action) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        const int problem = common::give_up_files();
        ::_exit(problem == ENOSYS || problem == EOPNOTSUPP ? has_none
                : problem != 0                             ? problem
                                                           : action());
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

int problem_of(int result) {
    return result < 0 ? errno : 0;
}

}  // namespace

TEST_CASE("who has given up files opens, makes and runs none, and uses what is open") {
    if (status_of([] { return 0; }) == has_none) {
        tests::skip("needs Landlock");
    }
    CHECK(status_of([] { return problem_of(::open("/etc/passwd", O_RDONLY)); }) == EACCES);
    CHECK(status_of([] { return problem_of(::open("/", O_RDONLY | O_DIRECTORY)); }) == EACCES);
    const tests::TemporaryDirectory directory;
    const std::string below = directory.path("below");
    CHECK(status_of([&below] { return problem_of(::mkdir(below.c_str(), 0700)); }) == EACCES);
    CHECK(status_of([] { return problem_of(::execl("/bin/true", "true", nullptr)); }) == EACCES);
    const int open_before = ::open("/dev/zero", O_RDONLY);
    CHECK(status_of([open_before] {
              char byte = 'x';
              return ::read(open_before, &byte, 1) == 1 && byte == '\0' ? 0 : 1;
          }) == 0);
    ::close(open_before);
}
