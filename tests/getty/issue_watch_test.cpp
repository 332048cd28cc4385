#include "getty/issue_watch.hpp"

#include "tests/common/temporary_directory.hpp"

#include <csignal>
#include <memory>
#include <optional>
#include <string>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

using getty::IssueSources;
using getty::IssueWatch;

namespace {

enum class Wait { not_at_all, for_it };

bool tells(const IssueWatch& watch, Wait wait) {
    pollfd source{.fd = watch.descriptor(), .events = POLLIN, .revents = 0};
    // The signal that tells of a directory ends a poll, with or without the news.
    for (int count = 0; count < 100 && source.revents == 0; ++count) {
        ::poll(&source, 1, wait == Wait::for_it ? 50 : 0);
    }
    return source.revents != 0;
}

}  // namespace

TEST_CASE("a watch tells when what an issue was made of changes, and not before") {
    const tests::TemporaryDirectory directory;
    const std::string file = directory.write("etc/issue", "old\n");
    directory.write("run/keep", "");
    directory.write("target/issue", "linked\n");
    directory.write("other/issue", "none\n");
    directory.write("d/one.issue", "one\n");
    const std::string link = directory.path("etc/link");
    REQUIRE(::symlink("../target/issue", link.c_str()) == 0);
    const IssueSources sources{
        .paths = {file, directory.path("run/issue"), directory.path("d"), link}};

    struct Change {
        const char* what;
        void (*make)(const tests::TemporaryDirectory& directory);
        bool told;
    };
    const Change changes[] = {
        {"nothing", [](const auto&) {}, false},
        {"the file", [](const auto& d) { d.write("etc/issue", "new\n"); }, true},
        {"a file that was not there", [](const auto& d) { d.write("run/issue", "new\n"); }, true},
        {"that one goes", [](const auto& d) { ::unlink(d.path("run/issue").c_str()); }, true},
        {"records beside what is not there",
         [](const auto& d) { d.write("run/keep", "x"); },
         false},
        {"one of a directory", [](const auto& d) { d.write("d/two.issue", "two\n"); }, true},
        {"the other end of a link", [](const auto& d) { d.write("target/issue", "x\n"); }, true},
        {"a directory that is in no path",
         [](const auto& d) { d.write("other/issue", "x"); },
         false},
        {"the mode of it", [](const auto& d) { ::chmod(d.path("etc/issue").c_str(), 0600); }, true},
    };
    for (const Change& change : changes) {
        const std::string what = change.what;
        CAPTURE(what);
        const IssueWatch watch{sources};
        REQUIRE(watch.descriptor() >= 0);
        CHECK_FALSE(tells(watch, Wait::not_at_all));
        change.make(directory);
        CHECK(tells(watch, change.told ? Wait::for_it : Wait::not_at_all) == change.told);
    }
}

TEST_CASE("every watch of a process is told, as long as it is there") {
    const tests::TemporaryDirectory directory;
    const IssueSources sources{.paths = {directory.write("issue", "old\n")}};
    const IssueWatch first{sources};
    auto second = std::make_unique<IssueWatch>(sources);
    const IssueWatch third{sources};
    second.reset();
    directory.write("issue", "new\n");
    CHECK(tells(first, Wait::for_it));
    CHECK(tells(third, Wait::for_it));
    const IssueWatch fourth{sources};
    CHECK_FALSE(tells(fourth, Wait::not_at_all));
}

TEST_CASE("a watch works where its signal was blocked by whoever started us") {
    sigset_t set{};
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGURG);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    const tests::TemporaryDirectory directory;
    const IssueWatch watch{{.paths = {directory.write("issue", "old\n")}}};
    directory.write("issue", "new\n");
    CHECK(tells(watch, Wait::for_it));
}

TEST_CASE("a watch of everything that cannot be watched tells nothing") {
    const IssueWatch watch{{.paths = {"/no/such/directory/issue", "", "relative"},
                            .addresses = true,
                            .host_name = true,
                            .domain_name = true}};
    CHECK(watch.descriptor() >= 0);
}
