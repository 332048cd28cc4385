#include "common/syscall.hpp"

#include <cerrno>
#include <string>
#include <system_error>

#include <doctest/doctest.h>

TEST_CASE("a failed call names the attempt and the object") {
    errno = ENOENT;
    try {
        (void)common::check(-1, "open", "/dev/ttyS9");
        FAIL("not thrown");
    } catch (const std::system_error& problem) {
        CHECK(problem.code().value() == ENOENT);
        CHECK(std::string{problem.what()} == "open /dev/ttyS9: No such file or directory");
    }
    errno = EPERM;
    CHECK_THROWS_WITH((void)common::check(-1L, "fork"), "fork: Operation not permitted");
    CHECK(common::check(5, "open") == 5);
    CHECK(common::check(0L, "read") == 0);
}

TEST_CASE("a call that a signal interrupted is made again, any other failure is not") {
    int calls = 0;
    const auto interrupted_twice = [&calls] {
        errno = EINTR;
        return ++calls < 3 ? -1 : 7;
    };
    CHECK(common::retry_interrupted(interrupted_twice) == 7);
    CHECK(calls == 3);

    calls = 0;
    const auto failing = [&calls] {
        ++calls;
        errno = EIO;
        return -1;
    };
    CHECK(common::retry_interrupted(failing) == -1);
    CHECK(calls == 1);
}
