#include "login/admission.hpp"

#include <doctest/doctest.h>

using login::FileKind;
using login::ShellFile;

namespace {

const common::User root{.name = "root", .uid = 0};
const common::User demo{.name = "demo", .uid = 1000};

const ShellFile program{.kind = FileKind::regular,
                        .executable = true,
                        .beginning =
                            "\x7f"
                            "ELF"};

std::string words_about(std::string_view path, const ShellFile& file) {
    const auto refusal = login::refusal_by_shell(path, file);
    return refusal ? refusal->words : "";
}

}  // namespace

TEST_CASE("T-47 admission: nologin closes the machine to all but root") {
    CHECK_FALSE(login::refusal_by_nologin(std::nullopt, demo));
    CHECK_FALSE(login::refusal_by_nologin("closed\n", root));
    CHECK(login::refusal_by_nologin("closed\n", demo)->words == "closed\n");
    // An empty file says no less than a full one.
    CHECK(login::refusal_by_nologin(" \n", demo)->words.find("closed") != std::string::npos);
}

TEST_CASE("admission: root's lines are those that securetty lists, if it is there") {
    const login::RootLines list{.securetty = "# console\ntty1\n  ttyS0 # serial\n\npts/0\n"};
    CHECK_FALSE(login::refusal_by_line({}, root, "pts/7"));
    CHECK_FALSE(login::refusal_by_line(list, demo, "pts/7"));
    for (const char* line : {"tty1", "ttyS0", "pts/0"}) {
        CAPTURE(std::string{line});
        CHECK_FALSE(login::refusal_by_line(list, root, line));
    }
    for (const char* line : {"tty2", "tty", "", "console", "pts/01"}) {
        CAPTURE(std::string{line});
        CHECK(login::refusal_by_line(list, root, line));
    }
    CHECK(login::refusal_by_line({.securetty = ""}, root, "tty1"));
}

TEST_CASE("T-30 admission: exactly this shell, or none") {
    CHECK(words_about("/bin/sh", program).empty());
    CHECK(
        words_about("/bin/x", {.kind = FileKind::regular, .executable = true, .beginning = "#!/b"})
            .empty());
    CHECK(words_about("/bin/x", {}) == "The shell /bin/x is not there.");
    CHECK(words_about("bin/sh", program) == "The shell bin/sh is no absolute path.");
    CHECK(words_about("sh", program) == "The shell sh is no absolute path.");
    CHECK(words_about("/bin/sh -c x", program) == "The shell /bin/sh -c x has blanks in it.");
    CHECK(words_about("/tmp", {.kind = FileKind::directory}) == "The shell /tmp is a directory.");
    CHECK(words_about("/dev/null", {.kind = FileKind::other}) == "The shell /dev/null is no file.");
    CHECK(words_about("/etc/passwd", {.kind = FileKind::regular, .beginning = "root"}) ==
          "The shell /etc/passwd is not executable.");
    CHECK(words_about("/bin/x",
                      {.kind = FileKind::regular, .executable = true, .beginning = "echo"}) ==
          "The shell /bin/x is a script without #!.");
    CHECK(words_about("/bin/x", {.kind = FileKind::regular, .executable = true}) ==
          "The shell /bin/x is a script without #!.");
    // Text from the account's entry is made harmless on both ways.
    const auto refusal = login::refusal_by_shell("/\x1b[2J", {});
    REQUIRE(refusal);
    CHECK(refusal->words == "The shell /^[[2J is not there.");
    CHECK(refusal->reason == "the shell \"/\\x1b[2J\" is not there");
}

TEST_CASE("admission: -s replaces a listed shell, and no other") {
    const std::string shells = "# shells\n/bin/sh\n/bin/bash\n";
    CHECK_FALSE(login::refusal_by_replacement(shells, "/bin/bash"));
    CHECK(login::refusal_by_replacement(shells, "/usr/sbin/nologin"));
    CHECK(login::refusal_by_replacement(std::nullopt, "/bin/bash"));
}

TEST_CASE("admission: a table of rules keeps out, and a faulty line in it all but root") {
    using login::RuleTable;
    CHECK_FALSE(login::refusal_by_rules(RuleTable::porttime, {}, demo));
    CHECK_FALSE(login::refusal_by_rules(RuleTable::porttime, {.line = 3}, demo));
    const auto hours =
        login::refusal_by_rules(RuleTable::porttime, {.allowed = false, .line = 3}, root);
    REQUIRE(hours);
    CHECK(hours->words == "You may not log in on this line at this time.");
    CHECK(hours->reason == "/etc/porttime:3 keeps them out");
    const auto access =
        login::refusal_by_rules(RuleTable::login_access, {.allowed = false, .line = 4}, demo);
    REQUIRE(access);
    CHECK(access->words == "You may not log in from here.");
    CHECK(access->reason == "/etc/login.access:4 keeps them out");
    const login::RuleVerdict doubted{.line = 9, .doubted_by = 2};
    CHECK(login::refusal_by_rules(RuleTable::login_access, doubted, demo)->reason ==
          "/etc/login.access:2 cannot be understood, and might keep them out");
    CHECK_FALSE(login::refusal_by_rules(RuleTable::login_access, doubted, root));
    CHECK(login::refusal_by_rules(
        RuleTable::login_access, {.allowed = false, .line = 9, .doubted_by = 2}, root));
}

TEST_CASE("admission: so many sessions and no more") {
    CHECK_FALSE(login::refusal_by_number({}, 1000));
    CHECK_FALSE(login::refusal_by_number({.sessions = 2}, 1));
    CHECK(login::refusal_by_number({.sessions = 2}, 2)->words ==
          "You are logged in as often as you may be (2).");
    CHECK(login::refusal_by_number({.sessions = 0}, 0));
}
