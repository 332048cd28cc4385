#include "login/closed_line.hpp"

#include "tests/common/temporary_directory.hpp"

#include <filesystem>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using login::Clock;

namespace {

constexpr Clock::time_point now{1000s};
constexpr Clock::time_point open{};

}  // namespace

TEST_CASE("T-23 closed line: until it was said, on that line only, and nothing is left of it") {
    const tests::TemporaryDirectory run;
    const std::string directory = run.path("ttygate/failures");
    CHECK(login::closed_until(directory, "pts/3", now, 60s) == open);
    login::close_line(directory, "pts/3", now + 5s);
    CHECK(login::closed_until(directory, "pts/3", now, 60s) == now + 5s);
    CHECK(login::closed_until(directory, "pts/30", now, 60s) == open);
    CHECK(login::closed_until(directory, "pts", now, 60s) == open);
    login::close_line(directory, "pts/3", now + 7s);
    CHECK(login::closed_until(directory, "pts/3", now + 6s, 60s) == now + 7s);
    CHECK(login::closed_until(directory, "pts/3", now + 7s, 60s) == open);
    CHECK(std::filesystem::is_empty(directory));
}

TEST_CASE("T-23 closed line: no file closes one for ever, or makes one of what it is not") {
    const tests::TemporaryDirectory run;
    const std::string directory = run.path("failures");
    login::close_line(directory, "tty1", now + 1000h);
    CHECK(login::closed_until(directory, "tty1", now, 60s) == now + 60s);
    run.write("failures/tty2", "soon\n");
    CHECK(login::closed_until(directory, "tty2", now, 60s) == open);
    run.write("failures/tty3", "");
    CHECK(login::closed_until(directory, "tty3", now, 60s) == open);
    const std::string victim = run.write("victim", "as it was");
    std::filesystem::create_symlink(victim, directory + "/tty4");
    CHECK_THROWS_AS(login::close_line(directory, "tty4", now), std::system_error);
    CHECK(std::filesystem::file_size(victim) == 9);
    // A line without a name has no file either.
    login::close_line(directory, "", now + 5s);
    CHECK(login::closed_until(directory, "", now, 60s) == open);
}
