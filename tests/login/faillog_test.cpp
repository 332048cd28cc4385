#include "login/faillog.hpp"

#include "tests/common/temporary_directory.hpp"

#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using login::FailureCount;

namespace {

constexpr std::chrono::sys_seconds now{1'795'000'000s};

}  // namespace

TEST_CASE("faillog: who is locked out") {
    struct Row {
        FailureCount count;
        bool locked;
    };
    const Row rows[] = {
        {{}, false},
        {{.failures = 100}, false},
        {{.failures = 2, .most = 3, .last = now}, false},
        {{.failures = 3, .most = 3, .last = now}, true},
        {{.failures = 3, .most = 3, .last = now - 24h * 999}, true},
        {{.failures = 4, .most = 3, .last = now - 59s, .lock_time = 60s}, true},
        {{.failures = 4, .most = 3, .last = now - 60s, .lock_time = 60s}, false},
        {{.failures = 4, .most = 3, .last = now + 1h, .lock_time = 60s}, true},
        {{.failures = 3, .most = -1, .last = now}, false},
    };
    for (const Row& row : rows) {
        CHECK(login::is_locked_out(row.count, now) == row.locked);
    }
}

TEST_CASE("faillog: what a failure and a success change") {
    const FailureCount before{.failures = 2, .most = 5, .line = "tty1", .lock_time = 60s};
    CHECK(login::after_failure(before, "pts/3", now) ==
          FailureCount{.failures = 3, .most = 5, .line = "pts/3", .last = now, .lock_time = 60s});
    CHECK(login::after_success(before) ==
          FailureCount{.most = 5, .line = "tty1", .lock_time = 60s});
    constexpr auto largest = std::numeric_limits<std::int16_t>::max();
    CHECK(login::after_failure({.failures = largest}, "", now).failures == largest);
}

TEST_CASE("faillog: an entry comes back as it was written, each uid in its place") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("faillog", "");
    const FailureCount count{
        .failures = 2, .most = 5, .line = "pts/1", .last = now, .lock_time = 60s};
    CHECK(login::read_failure_count(7, path) == FailureCount{});
    CHECK(login::change_failure_count(
              7, [&](auto) { return count; }, path) == FailureCount{});
    CHECK(login::read_failure_count(7, path) == count);
    CHECK(login::read_failure_count(6, path) == FailureCount{});
    CHECK(login::read_failure_count(8, path) == FailureCount{});
    CHECK(login::change_failure_count(7, login::after_success, path) == count);
    // The record of faillog(5).
    if (sizeof(long) == 8) {
        CHECK(std::filesystem::file_size(path) == 8 * 32);
    }
    // A line's name that is too long is cut, and ends.
    (void)login::change_failure_count(
        9, [](auto c) { return login::after_failure(c, "usb/serial/17", now); }, path);
    CHECK(login::read_failure_count(9, path)->line == "usb/serial/");
}

TEST_CASE("faillog: it is never made, and nothing else is taken for it") {
    const tests::TemporaryDirectory directory;
    const std::string absent = directory.path("faillog");
    CHECK_FALSE(login::change_failure_count(7, login::after_success, absent));
    CHECK_FALSE(login::read_failure_count(7, absent));
    CHECK_FALSE(std::filesystem::exists(absent));
    const std::string target = directory.write("elsewhere", "");
    const std::string link = directory.path("link");
    std::filesystem::create_symlink(target, link);
    CHECK_THROWS_AS((void)login::change_failure_count(7, login::after_success, link),
                    std::system_error);
    CHECK(std::filesystem::file_size(target) == 0);
    CHECK_THROWS_AS((void)login::read_failure_count(7, directory.path("")), std::system_error);
}

TEST_CASE("faillog: whoever holds its lock holds nobody up") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("faillog", "");
    const int holder = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(::flock(holder, LOCK_SH) == 0);
    const auto begun = std::chrono::steady_clock::now();
    (void)login::change_failure_count(
        1, [](auto c) { return login::after_failure(c, "tty1", now); }, path);
    CHECK(std::chrono::steady_clock::now() - begun < 10s);
    CHECK(login::read_failure_count(1, path)->failures == 1);
    ::close(holder);
}
