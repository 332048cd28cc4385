#include "common/finding.hpp"

#include <vector>

#include <doctest/doctest.h>

using common::CheckVerdict;
using common::Finding;
using Level = common::Finding::Level;

TEST_CASE("findings: what is bad refuses, what could not be seen might, and so the exit status") {
    struct Row {
        std::vector<Level> levels;
        CheckVerdict verdict;
        int status;
    };
    for (const Row& row :
         {Row{{}, CheckVerdict::let_in, 0},
          Row{{Level::good, Level::note}, CheckVerdict::let_in, 0},
          Row{{Level::unknown, Level::good}, CheckVerdict::unknown, 2},
          Row{{Level::unknown, Level::bad, Level::good}, CheckVerdict::refused, 1}}) {
        std::vector<Finding> findings;
        for (const Level level : row.levels) {
            findings.push_back({.level = level});
        }
        CHECK(verdict_of(findings) == row.verdict);
        CHECK(status_of(row.verdict) == row.status);
    }
}

TEST_CASE("findings: rows for a bare console, nothing in them acts on it, the answer last") {
    const std::vector<Finding> findings{
        {.topic = "line", .text = "a\x1b[2Jb"},
        {.level = Level::bad,
         .topic = "login",
         .text = "one two three four five six seven eight nine ten eleven twelve thirteen"}};
    CHECK(findings_as_text(findings, "So.") ==
          "ok   line     a^[[2Jb\n"
          "NO   login    one two three four five six seven eight nine ten eleven twelve\n"
          "              thirteen\n"
          "So.\n");
    CHECK(first_text(findings, Level::bad).starts_with("one two"));
    CHECK(first_text(findings, Level::unknown).empty());
}

TEST_CASE("findings: one is an object of JSON, several a list") {
    const std::vector<Finding> findings{{.level = Level::note, .topic = "a", .text = "\"b\""},
                                        {.topic = "c", .text = "d"}};
    CHECK(common::json_list(findings, common::json_finding) ==
          "[\n    {\"topic\": \"a\", \"level\": \"note\", \"text\": \"\\\"b\\\"\"},\n"
          "    {\"topic\": \"c\", \"level\": \"ok\", \"text\": \"d\"}\n  ]");
    CHECK(common::json_list(std::vector<Finding>{}, common::json_finding) == "[]");
}
