#include "login/login_hours.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using login::read_login_hours;
using login::RuleVerdict;
using login::WeekMinute;

namespace {

enum Weekday : unsigned { sunday, monday, tuesday, wednesday, thursday, friday, saturday };

WeekMinute at(unsigned weekday, unsigned hour, unsigned minute = 0) {
    return {.weekday = weekday, .minute = hour * 60 + minute};
}

RuleVerdict ann_on_tty1(const std::string& text, WeekMinute now) {
    return read_login_hours(text, "ann", "tty1", now).verdict;
}

}  // namespace

TEST_CASE("login hours: days and times") {
    struct Row {
        const char* times;
        WeekMinute now;
        bool allowed;
    };
    const Row rows[] = {
        {"", at(monday, 12), false},
        {"Al0000-2400", at(sunday, 0), true},
        {"Al0000-2400", at(saturday, 23, 59), true},
        {"0900-1700", at(sunday, 12), true},
        {"Wk0900-1700", at(monday, 8, 59), false},
        {"Wk0900-1700", at(monday, 9), true},
        {"Wk0900-1700", at(friday, 17), true},
        {"Wk0900-1700", at(friday, 17, 1), false},
        {"Wk0900-1700", at(saturday, 12), false},
        {"Wk0900-1700", at(sunday, 12), false},
        {"MoWeFr0900-1700", at(wednesday, 12), true},
        {"MoWeFr0900-1700", at(thursday, 12), false},
        {"Su0900-1000,Tu0900-1000", at(sunday, 9, 30), true},
        {"Su0900-1000,Tu0900-1000", at(tuesday, 9, 30), true},
        {"Su0900-1000,Tu0900-1000", at(monday, 9, 30), false},
        {"Th0000-0000", at(thursday, 0), true},
        {"Th0000-0000", at(thursday, 0, 1), false},
        // The evening and the early morning of each of these days.
        {"Wk1700-0900,SaSu0000-2400", at(monday, 18), true},
        {"Wk1700-0900,SaSu0000-2400", at(monday, 3), true},
        {"Wk1700-0900,SaSu0000-2400", at(monday, 12), false},
        {"Wk1700-0900,SaSu0000-2400", at(saturday, 12), true},
        {"Wk1700-0900", at(saturday, 3), false},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.times});
        CAPTURE(row.now.weekday);
        CAPTURE(row.now.minute);
        const auto reading =
            read_login_hours(std::string{"*:*:"} + row.times + "\n", "ann", "tty1", row.now);
        CHECK(reading.faults.empty());
        CHECK(reading.verdict == RuleVerdict{.allowed = row.allowed, .line = 1});
    }
}

TEST_CASE("login hours: the first entry for line and user decides") {
    const WeekMinute noon = at(monday, 12);
    struct Row {
        const char* text;
        bool allowed;
        unsigned line;
    };
    const Row rows[] = {
        {"", true, 0},
        {"# ttys:users:times\n", true, 0},
        {"tty2:*:\n", true, 0},
        {"*:bob:\n", true, 0},
        {"tty1:ann:\n", false, 1},
        {"tty2,tty1:bob,ann:\n", false, 1},
        {"tty1:ann:Al0000-2400\ntty1:*:\n", true, 1},
        {"tty1:root,oper:Al0000-2400\ntty1:*:\n", false, 2},
        {"tty:*:\n", true, 0},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.text});
        CHECK(ann_on_tty1(row.text, noon) == RuleVerdict{.allowed = row.allowed, .line = row.line});
    }
    // A line without a name is every line's.
    CHECK_FALSE(read_login_hours("*:ann:\n", "ann", "", noon).verdict.allowed);
    CHECK(read_login_hours("tty1:ann:\n", "ann", "", noon).verdict.allowed);
}

TEST_CASE(
    "login hours: an entry that cannot be understood is told, and doubted only before a rule") {
    for (const char* entry : {"x",
                              "tty1:ann",
                              "tty1:ann:Wk0900-1700:more",
                              "*:*:900-1700",
                              "*:*:Wk0900",
                              "*:*:Wk",
                              "*:*:0960-1700",
                              "*:*:0900-2401",
                              "*:*:0900-25000",
                              "*:*:-0900-1700",
                              "*:*:wk0900-1700",
                              "*:*:Xy0900-1700",
                              "*:*:+900-1700"}) {
        CAPTURE(std::string{entry});
        const WeekMinute noon = at(monday, 12);
        const auto before =
            read_login_hours(std::string{entry} + "\n*:*:0000-2400\n", "ann", "tty1", noon);
        REQUIRE(before.faults.size() == 1);
        CHECK(before.faults.front().line == 1);
        CHECK(before.verdict == RuleVerdict{.allowed = true, .line = 2, .doubted_by = 1});
        const auto after =
            read_login_hours("*:*:0000-2400\n" + std::string{entry}, "ann", "tty1", noon);
        CHECK(after.faults.size() == 1);
        CHECK(after.verdict == RuleVerdict{.allowed = true, .line = 1});
    }
}

TEST_CASE("login hours: how long it stays allowed") {
    struct Row {
        const char* text;
        WeekMinute now;
        std::optional<std::chrono::minutes> left;
    };
    const Row rows[] = {
        {"", at(monday, 12), std::nullopt},
        {"*:*:Al0000-2400", at(monday, 12), std::nullopt},
        {"*:*:Wk0900-1700", at(monday, 16, 59), 2min},
        {"*:*:Wk0900-1700", at(monday, 17), 1min},
        {"*:*:Wk0900-1700", at(monday, 18), 0min},
        {"*:*:Sa2300-2400,Su0000-0100", at(saturday, 23, 30), 91min},
        {"*:*:Al2200-0200", at(monday, 23), 181min},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.text});
        CHECK(read_login_hours(row.text, "ann", "tty1", row.now).left == row.left);
    }
}
