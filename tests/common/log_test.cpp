#include "common/log.hpp"

#include <cerrno>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

TEST_CASE("an error number has a text") {
    CHECK(common::error_text(ENOENT) == "No such file or directory");
    CHECK(common::error_text(EPERM) == "Operation not permitted");
    CHECK(common::error_text(99'999) == "error 99999");
    CHECK(common::error_text(-1) == "error -1");
}

TEST_CASE("what may fail is tolerated, whatever it throws") {
    CHECK(common::tolerate("do nothing", [] {}));
    CHECK_FALSE(common::tolerate("fail", [] { throw std::runtime_error{"reason"}; }));
    CHECK_FALSE(common::tolerate("fail oddly", [] { throw 5; }));
}

TEST_CASE("logging never fails and keeps errno") {
    errno = EPIPE;
    common::log(common::Severity::info, "unit test of common/log");
    CHECK(errno == EPIPE);
    common::log(common::Severity::info, "unit test of common/log: " + std::string(100'000, 'x'));
    CHECK(errno == EPIPE);
}
