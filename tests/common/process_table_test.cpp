#include "common/process_table.hpp"

#include "tests/common/temporary_directory.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <string>
#include <string_view>
#include <system_error>

#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

using common::ProcessEntry;
using common::ProcessTable;

namespace {

/// Fields 4 to 52 with the given ones in their places.
std::string stat_line(std::string_view beginning) {
    return std::string{beginning} + " 4194304 1 2 3 4 5 6 7 8 20 0 1 0 4242 1 2 3\n";
}

}  // namespace

TEST_CASE("a line of /proc/PID/stat is read, whatever the command calls itself") {
    struct Case {
        std::string_view text;
        std::string_view command;
    };
    for (const Case& c : {Case{"12 (sh) S 3 12 11 34818 12", "sh"},
                          Case{"12 (tmux: server) S 3 12 11 34818 12", "tmux: server"},
                          Case{"12 () S 3 12 11 34818 12", ""},
                          Case{"12 (a) S 1 (b) S 3 12 11 34818 12", "a) S 1 (b"},
                          Case{"12 (x\n1 (y) S 3 12 11 34818 12", "x\n1 (y"}}) {
        CAPTURE(c.text);
        const auto entry = common::read_process_entry(stat_line(c.text));
        REQUIRE(entry);
        CHECK(*entry == ProcessEntry{.id = 12,
                                     .parent = 3,
                                     .group = 12,
                                     .session = 11,
                                     .foreground = 12,
                                     .terminal = makedev(136, 2),
                                     .start = 4242,
                                     .state = 'S',
                                     .command = std::string{c.command}});
    }
}

TEST_CASE("a terminal's number is unpacked, and none stays none") {
    struct Case {
        std::string_view number;
        dev_t device;
    };
    for (const Case& c : {Case{"0", 0},
                          Case{"1025", makedev(4, 1)},
                          Case{"34816", makedev(136, 0)},
                          // Minor 1000: the bits above the first eight are on top.
                          Case{"3181032", makedev(137, 1000)},
                          // The kernel prints a signed number.
                          Case{"-2147448576", makedev(137, 0x80000)}}) {
        CAPTURE(c.number);
        const auto entry = common::read_process_entry(
            stat_line("12 (sh) S 3 12 11 " + std::string{c.number} + " -1"));
        REQUIRE(entry);
        CHECK(entry->terminal == c.device);
        CHECK(entry->foreground == -1);
    }
}

TEST_CASE("what is no such line is none") {
    for (const std::string_view text : {"",
                                        "12",
                                        "12 (sh",
                                        "12 (sh)",
                                        "12 (sh) ",
                                        "12 (sh) S",
                                        ")12 (",
                                        "x (sh) S 3 12 11 0 -1",
                                        "0 (sh) S 3 12 11 0 -1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
                                        "12 (sh) S 3 12 11 0 -1 1 2 3"}) {
        CAPTURE(text);
        CHECK_FALSE(common::read_process_entry(text));
    }
}

TEST_CASE("the processes are those that there are") {
    const ProcessTable table;
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::setsid();
        if (::write(ends[1], "x", 1) != 1) {
            ::_exit(1);
        }
        for (;;) {
            ::pause();
        }
    }
    char byte = 0;
    REQUIRE(::read(ends[0], &byte, 1) == 1);

    const auto all = table.read();
    const auto found = std::find_if(
        all.begin(), all.end(), [child](const ProcessEntry& entry) { return entry.id == child; });
    REQUIRE(found != all.end());
    CHECK(found->parent == ::getpid());
    CHECK(found->group == child);
    CHECK(found->session == child);
    CHECK(found->terminal == 0);
    CHECK(found->foreground == -1);
    CHECK(table.find(child)->command == found->command);
    CHECK(table.user(child) == ::getuid());
    CHECK(std::is_sorted(all.begin(), all.end(), [](const auto& left, const auto& right) {
        return left.id < right.id;
    }));
    const auto age = std::chrono::system_clock::now() - common::start_time(found->start);
    CHECK(age > std::chrono::seconds{-1});
    CHECK(age < std::chrono::seconds{60});
    // Read again: the position in the directory is not shared. How many there are is the
    // machine's affair, where others come and go.
    const auto again = table.read();
    CHECK(std::any_of(again.begin(), again.end(), [child](const ProcessEntry& entry) {
        return entry.id == child;
    }));
    CHECK(again.front().id == all.front().id);

    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    CHECK_FALSE(table.find(child));
    CHECK_FALSE(table.user(child));
    CHECK(table.audit_session(child) == common::no_audit_session);
    CHECK(table.cgroups(child).empty());
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE("files of /proc are read from where it is mounted") {
    const tests::TemporaryDirectory directory;
    directory.write("12/stat", stat_line("12 (sh) S 3 12 11 34818 12"));
    directory.write("12/sessionid", "7");
    directory.write("12/cgroup", "0::/user.slice/session-7.scope\n");
    directory.write("12/status", "Name:\tsh\nUmask:\t0022\nUid:\t1000\t0\t0\t0\n");
    directory.write("13/stat", "torn");
    directory.write("13/sessionid", "4294967295");
    directory.write("self/stat", stat_line("99 (sh) S 3 12 11 34818 12"));
    const ProcessTable table{directory.path("")};
    REQUIRE(table.read().size() == 1);
    CHECK(table.read().front().id == 12);
    CHECK(table.audit_session(12) == 7);
    CHECK(table.audit_session(13) == common::no_audit_session);
    CHECK(table.cgroups(12) == "0::/user.slice/session-7.scope\n");
    CHECK(table.user(12) == uid_t{1000});
    CHECK_THROWS_AS(ProcessTable{directory.path("none")}, std::system_error);
}
