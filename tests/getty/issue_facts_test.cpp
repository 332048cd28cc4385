#include "getty/issue_facts.hpp"

#include "common/program.hpp"
#include "tests/common/temporary_directory.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <sys/utsname.h>

#include <doctest/doctest.h>

using getty::Options;
using getty::read_issue;

TEST_CASE("the files of --issue-file are shown one after the other, and nothing else") {
    const tests::TemporaryDirectory directory;
    const Options options{.issue_files = {directory.write("b", "two\n"),
                                          directory.path("absent"),
                                          directory.write("a", "one\n")}};
    CHECK(read_issue(options).text == "two\none\n");
    CHECK(read_issue({.issue_files = {directory.path("absent")}}).text.empty());
}

TEST_CASE("of a directory the *.issue files are shown by name") {
    const tests::TemporaryDirectory directory;
    directory.write("d/20-b.issue", "B\n");
    directory.write("d/10-a.issue", "A\n");
    directory.write("d/.hidden.issue", "hidden\n");
    directory.write("d/readme.txt", "no\n");
    directory.write("d/30-c.issue~", "no\n");
    directory.write("d/40.issue/inside.issue", "no\n");
    directory.write("after", "after\n");
    CHECK(read_issue({.issue_files = {directory.path("d"), directory.path("after")}}).text ==
          "A\nB\nafter\n");
}

TEST_CASE("the facts of a line are those it is told") {
    const getty::IssueFacts facts = getty::collect_facts({.name = "ttyS7", .speed = 12'345});
    CHECK(facts.line == "ttyS7");
    CHECK(facts.speed == 12'345);
}

TEST_CASE("the facts of the machine are the kernel's") {
    const getty::IssueFacts facts = getty::collect_facts({});
    utsname names{};
    REQUIRE(::uname(&names) == 0);
    CHECK(facts.system_name() == static_cast<const char*>(names.sysname));
    CHECK(facts.node_name() == static_cast<const char*>(names.nodename));
    CHECK(facts.release() == static_cast<const char*>(names.release));
    CHECK(facts.version() == static_cast<const char*>(names.version));
    CHECK(facts.machine() == static_cast<const char*>(names.machine));
    CHECK(getty::host_name() == static_cast<const char*>(names.nodename));
    CHECK(facts.now().tm_year >= 126);
    CHECK(facts.ipv4_address("lo").find_first_not_of("0123456789.") == std::string::npos);
    CHECK(facts.ipv4_address("no such interface").empty());
    CHECK(facts.ipv6_address("no such interface").empty());
}

TEST_CASE("an issue tells which paths decided what it is") {
    const tests::TemporaryDirectory directory;
    directory.write("d/a.issue", "A\n");
    const std::string file = directory.write("f", "F\n");
    const std::string absent = directory.path("absent");
    CHECK(read_issue({.issue_files = {file, absent, directory.path("d")}}).paths ==
          std::vector<std::string>{file, absent, directory.path("d/a.issue"), directory.path("d")});
}

TEST_CASE("snippets are sorted as versions are") {
    const tests::TemporaryDirectory directory;
    for (const char* const name : {"10-a", "9-b", "9-a", "B", "a", "1.10", "1.9"}) {
        directory.write("d/" + std::string{name} + ".issue", std::string{name} + " ");
    }
    CHECK(read_issue({.issue_files = {directory.path("d")}}).text == "1.9 1.10 9-a 9-b 10-a B a ");
}

TEST_CASE("/etc/hosts tells a host's domain") {
    struct Case {
        std::string_view hosts;
        std::string_view host;
        std::string_view domain;
    };
    const std::vector<Case> cases{
        {"", "box", ""},
        {"127.0.1.1 box.example.org box\n", "box", "example.org"},
        {"127.0.1.1\tbox.example.org\tbox alias", "alias", "example.org"},
        {"127.0.1.1 box.example.org\n", "box.example.org", "example.org"},
        {"127.0.1.1 box\n", "box", ""},
        {"127.0.1.1 box box.example.org\n", "box", ""},
        {"# 127.0.1.1 no.example.org box\n127.0.1.1 box.example.net box # box\n",
         "box",
         "example.net"},
        {"127.0.0.1 localhost\n\n::1 other.example.org other\n", "box", ""},
        {"box.example.org box\n", "box.example.org", ""},
        {"   \n\r\n1.2.3.4\n", "box", ""},
    };
    for (const Case& c : cases) {
        CAPTURE(c.hosts);
        CHECK(getty::domain_in_hosts(c.hosts, c.host) == c.domain);
    }
}

TEST_CASE("the style of an issue is asked for by name") {
    const auto style_of = [](const char* option) {
        std::string program = "getty";
        std::string style = option;
        std::string line = "tty1";
        std::array<char*, 3> words{program.data(), style.data(), line.data()};
        return getty::parse_options(static_cast<int>(words.size()), words.data()).issue_style;
    };
    CHECK(style_of("--noissue") == getty::IssueStyle::agetty);
    CHECK(style_of("--issue-style=agetty") == getty::IssueStyle::agetty);
    CHECK(style_of("--issue-style=busybox") == getty::IssueStyle::busybox);
    CHECK_THROWS_AS((void)style_of("--issue-style=mingetty"), common::UsageError);
    CHECK_THROWS_AS((void)style_of("--issue-style="), common::UsageError);
    // agetty's abbreviation stays agetty's.
    CHECK(style_of("--issue=/no/file") == getty::IssueStyle::agetty);
}
