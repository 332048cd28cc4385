#include "common/log.hpp"

#include <cerrno>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

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

TEST_CASE("a journal gets rows of NAME=VALUE, in which no value can make another") {
    common::log_as("test");
    const std::string head = "PRIORITY=5\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=test\nSYSLOG_PID=" +
                             std::to_string(::getpid()) + "\n";
    const std::vector<common::LogField> fields{{.name = "LOGIN_USER", .value = "a\nMESSAGE=b"},
                                               {.name = "LOGIN_TTY", .value = ""},
                                               {.name = "LOGIN_RHOST", .value = "h\x1b"}};
    CHECK(common::journal_entry(common::Severity::notice, "x\ny", fields) ==
          head + "LOGIN_USER=a^JMESSAGE=b\nLOGIN_RHOST=h^[\nMESSAGE=x^Jy\n");
    // However much there is to say, it is one datagram.
    const std::string much(100'000, 'x');
    const std::vector<common::LogField> long_one{{.name = "A", .value = much}};
    CHECK(common::journal_entry(common::Severity::notice, much, long_one).size() < 1500);
}

TEST_CASE("logging never fails and keeps errno") {
    errno = EPIPE;
    common::log(common::Severity::info, "unit test of common/log");
    CHECK(errno == EPIPE);
    common::log(common::Severity::info, "unit test of common/log: " + std::string(100'000, 'x'));
    CHECK(errno == EPIPE);
}
