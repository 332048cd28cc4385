#include "login/limits.hpp"

#include <string>
#include <vector>

#include <sys/resource.h>

#include <doctest/doctest.h>

using login::FaultyLine;
using login::limits_for;
using login::ResourceLimit;
using login::UserLimits;

namespace {

login::LimitsReading read(std::string_view text) {
    return limits_for(
        text, "ann", [](std::string_view group) { return group == "staff" || group == "users"; });
}

UserLimits all(std::vector<ResourceLimit> resources) {
    return {.resources = std::move(resources)};
}

}  // namespace

TEST_CASE("limits: each letter, and its unit") {
    struct Row {
        const char* text;
        UserLimits limits;
    };
    const Row rows[] = {
        {"A1", all({{RLIMIT_AS, 1024}})},
        {"C0", all({{RLIMIT_CORE, 0}})},
        {"D2", all({{RLIMIT_DATA, 2048}})},
        {"F10", all({{RLIMIT_FSIZE, 10240}})},
        {"I25", all({{RLIMIT_NICE, 25}})},
        {"M64", all({{RLIMIT_MEMLOCK, 65536}})},
        {"N77", all({{RLIMIT_NOFILE, 77}})},
        {"O5", all({{RLIMIT_RTPRIO, 5}})},
        {"R3", all({{RLIMIT_RSS, 3072}})},
        {"S8192", all({{RLIMIT_STACK, 8388608}})},
        {"T3", all({{RLIMIT_CPU, 180}})},
        {"U50", all({{RLIMIT_NPROC, 50}})},
        {"K027", {.umask = 027}},
        {"P-5", {.priority = -5}},
        {"P19", {.priority = 19}},
        {"L2", {.sessions = 2}},
        {"L0", {.sessions = 0}},
        {"N-", all({{RLIMIT_NOFILE, RLIM_INFINITY}})},
        {"K-", {}},
        {"L-", {}},
        {"P-", {}},
        {"n5", all({{RLIMIT_NOFILE, 5}})},
        {"N5N6", all({{RLIMIT_NOFILE, 6}})},
        {"L2D2048N5", {.resources = {{RLIMIT_DATA, 2097152}, {RLIMIT_NOFILE, 5}}, .sessions = 2}},
        {"L2 D2048 N5", {.resources = {{RLIMIT_DATA, 2097152}, {RLIMIT_NOFILE, 5}}, .sessions = 2}},
        {"\tC- N7", {.resources = {{RLIMIT_CORE, RLIM_INFINITY}, {RLIMIT_NOFILE, 7}}}},
        {"-", {}},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.text});
        const auto reading = read(std::string{"ann "} + row.text + "\n");
        CHECK(reading.faults.empty());
        CHECK(reading.limits == row.limits);
    }
}

TEST_CASE("limits: whose line counts") {
    struct Row {
        const char* text;
        unsigned open_files;  ///< 0: none is set
    };
    const Row rows[] = {
        {"", 0},
        {"bob N5", 0},
        {"ann N5", 5},
        {"ann N5\nann N6", 5},
        {"* N5\n* N6", 6},
        {"@staff N5\n@users N6", 6},
        {"@wheel N5", 0},
        {"@staff N5\n* N6", 5},
        {"* N6\n@staff N5\nann N7", 7},
        {"ann -\n* N6", 0},
        {"@staff -\n* N6", 0},
        {"# ann N5\n* N6", 6},
        {"ann nonsense\n* N6", 6},
        {"ann nonsense\nann N7", 7},
        {"annabel N5", 0},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.text});
        const auto limits = read(row.text).limits;
        CHECK(limits.resources.size() == (row.open_files == 0 ? 0U : 1U));
        if (!limits.resources.empty()) {
            CHECK(limits.resources.front() == ResourceLimit{RLIMIT_NOFILE, row.open_files});
        }
    }
}

TEST_CASE("limits: a line that cannot be understood is not considered, and has a number") {
    for (const char* limits : {"",
                               "N",
                               "5",
                               "N5x",
                               "Q5",
                               "N 5",
                               "N+5",
                               "N-5",
                               "N5 # five",
                               "K888",
                               "K1777",
                               "P-21",
                               "P21",
                               "L-1",
                               "N99999999999999999999",
                               "A9007199254740992",
                               "--",
                               "N7-"}) {
        CAPTURE(std::string{limits});
        const auto reading = read("\nann " + std::string{limits} + "\n@staff N6\n");
        CHECK(reading.faults == std::vector<FaultyLine>{{2, "these are no limits"}});
        CHECK(reading.limits == all({{RLIMIT_NOFILE, 6}}));
    }
}

TEST_CASE("limits: what holds for all sessions makes nobody's own limit higher") {
    login::UserLimits limits;
    const login::ResourceLimit forty{.resource = RLIMIT_NPROC, .value = 40};
    login::set_lower(limits, forty);
    CHECK(limits.resources == std::vector{forty});
    login::set_lower(limits, {.resource = RLIMIT_NPROC, .value = 50});
    CHECK(limits.resources == std::vector{forty});
    const login::ResourceLimit thirty{.resource = RLIMIT_NPROC, .value = 30};
    login::set_lower(limits, thirty);
    CHECK(limits.resources == std::vector{thirty});
    login::set_lower(limits, {.resource = RLIMIT_CORE, .value = 50});
    CHECK(limits.resources.size() == 2);
}
