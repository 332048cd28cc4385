#include "common/program.hpp"

#include "common/unique_fd.hpp"

#include <array>
#include <chrono>
#include <exception>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

using common::Candour;
using common::Program;
using Story = int (*)(int, char**);

namespace {

struct Ended {
    int status = -1;
    std::string said{};  ///< on standard error
};

/// Runs a story in a process of its own, some of its descriptors closed.
Ended run(const Program& program, Story story, std::initializer_list<int> closed = {}) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::system_error{errno, std::generic_category(), "pipe"};
    }
    const common::UniqueFd hears{ends[0]};
    common::UniqueFd says{ends[1]};
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(says.get(), STDERR_FILENO);
        for (const int fd : closed) {
            ::close(fd);
        }
        std::string name{"program"};
        std::array<char*, 2> words{name.data(), nullptr};
        ::_exit(common::run_program(program, story, 1, words.data()));
    }
    says.reset();
    Ended ended;
    std::array<char, 1024> part{};
    for (ssize_t size = 0; (size = ::read(hears.get(), part.data(), part.size())) > 0;) {
        ended.said.append(part.data(), static_cast<std::size_t>(size));
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return ended;
}

constexpr Program frank{.name = "unit-test", .candour = Candour::reason};
constexpr Program discreet{.name = "unit-test", .candour = Candour::discreet};

}  // namespace

TEST_CASE("a program ends as its story ends") {
    struct Case {
        Story story;
        int status;
        std::string said;
    };
    const std::string discretion =
        "\r\nunit-test: a problem on this machine prevents logging in; it is in the log\r\n";
    const std::string last_words =
        "\r\nunit-test: a problem on this machine ends this program; it is in the log\r\n";
    const std::array cases{
        Case{[](int, char**) { return 0; }, 0, ""},
        Case{[](int, char**) { return 7; }, 7, ""},
        Case{[](int, char**) -> int { throw common::Leave{3}; }, 3, ""},
        Case{[](int, char**) -> int { throw common::UsageError{"option -x: bad\x1b[2J"}; },
             1,
             "unit-test: option -x: bad^[[2J\nTry 'unit-test --help' for more information.\n"},
        Case{[](int, char**) -> int {
                 throw common::Failure{4, "no line\n\x9b"};
             },
             4,
             "\r\nunit-test: no line^J\\x9b\r\n"},
        Case{[](int, char**) -> int { throw std::runtime_error{"why"}; },
             1,
             "\r\nunit-test: why\r\n"},
        Case{[](int, char**) -> int { throw 5; }, 1, last_words},
        Case{[](int, char**) -> int { std::terminate(); }, 1, last_words},
    };
    for (const Case& c : cases) {
        const Ended ended = run(frank, c.story);
        CHECK(ended.status == c.status);
        CHECK(ended.said == c.said);
    }
    for (const Story story : {cases[4].story, cases[5].story}) {
        CHECK(run(discreet, story).said == discretion);
    }
    CHECK(run(discreet, cases[3].story).said == cases[3].said);
}

TEST_CASE("a failure is waited with, an answer is not") {
    using namespace std::chrono_literals;
    using Clock = std::chrono::steady_clock;
    Program slow = frank;
    slow.pause_after_failure = 1s;
    auto begun = Clock::now();
    (void)run(slow, [](int, char**) -> int { throw common::Failure{2, "reason"}; });
    CHECK(Clock::now() - begun >= 1s);
    begun = Clock::now();
    (void)run(slow, [](int, char**) -> int { throw common::UsageError{"reason"}; });
    CHECK(Clock::now() - begun >= 1s);
    slow.pause_after_failure = 20s;
    begun = Clock::now();
    (void)run(slow, [](int, char**) -> int { throw common::Leave{0}; });
    CHECK(Clock::now() - begun < 19s);
}

TEST_CASE("no file of ours becomes a standard descriptor") {
    const Story opens = [](int, char**) {
        struct stat null {};
        struct stat input {};
        const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        const bool good = next > STDERR_FILENO && ::stat("/dev/null", &null) == 0 &&
                          ::fstat(STDIN_FILENO, &input) == 0 && input.st_rdev == null.st_rdev;
        return good ? 0 : 1;
    };
    CHECK(run(frank, opens, {0}).status == 0);
    CHECK(run(frank, opens, {0, 1}).status == 0);
    CHECK(run(frank, opens, {0, 1, 2}).status == 0);
}

TEST_CASE("a program that was called without even its name does nothing") {
    std::array<char*, 1> words{nullptr};
    CHECK(common::run_program(
              frank, [](int, char**) { return 0; }, 0, words.data()) == 1);
}
