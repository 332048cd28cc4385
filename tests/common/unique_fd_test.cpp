#include "common/unique_fd.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <doctest/doctest.h>

using common::UniqueFd;

namespace {

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}

int new_descriptor() {
    return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

}  // namespace

TEST_CASE("a descriptor is closed with its owner, once") {
    const int number = new_descriptor();
    {
        UniqueFd first{number};
        CHECK(first.is_open());
        UniqueFd second{std::move(first)};
        CHECK(second.get() == number);
        UniqueFd third;
        CHECK_FALSE(third.is_open());
        third = std::move(second);
        CHECK(third.get() == number);
        CHECK(is_open(number));
    }
    CHECK_FALSE(is_open(number));
}

TEST_CASE("a descriptor given up stays open") {
    int number = -1;
    {
        UniqueFd owner{new_descriptor()};
        number = owner.release();
        CHECK_FALSE(owner.is_open());
    }
    CHECK(is_open(number));
    UniqueFd again{number};
    again.reset();
    CHECK_FALSE(is_open(number));
}

TEST_CASE("closing keeps errno for the report") {
    UniqueFd broken{1'000'000};
    errno = ENOENT;
    broken.reset();
    CHECK(errno == ENOENT);
}
