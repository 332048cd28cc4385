#include "login/aging.hpp"

#include <limits>
#include <random>

#include <doctest/doctest.h>

using login::AgeVerdict;
using std::chrono::days;
using std::chrono::sys_days;

namespace {

constexpr long unset = -1;

/// The fields as shadow(5) writes them.
struct Fields {
    long last_change = unset;
    long maximum = unset;
    long warning = unset;
    long grace = unset;
    long expires = unset;
};

login::AgingPolicy policy_of(const Fields& fields) {
    const auto span = [](long n) { return n < 0 ? std::nullopt : std::optional{days{n}}; };
    const auto date = [](long n) {
        return n < 0 ? std::nullopt : std::optional{sys_days{days{n}}};
    };
    return {.last_change = date(fields.last_change),
            .maximum_age = span(fields.maximum),
            .warning_period = span(fields.warning),
            .grace_period = span(fields.grace),
            .account_expires = date(fields.expires)};
}

login::AgeJudgement judge(const Fields& fields, long today) {
    return login::judge_age(policy_of(fields), sys_days{days{today}});
}

/// The rule written once more, in the plainest arithmetic there is.
AgeVerdict oracle(const Fields& f, long today) {
    // Two of the largest longs still fit into one of these.
    using Wide = unsigned long;
    if (f.expires >= 0 && today >= f.expires) {
        return AgeVerdict::account_expired;
    }
    if (f.last_change == 0) {
        return AgeVerdict::must_change;
    }
    if (f.last_change < 0 || f.last_change > today || f.maximum < 0) {
        return AgeVerdict::valid;
    }
    const auto age = static_cast<Wide>(today - f.last_change);
    if (f.grace >= 0 && age >= static_cast<Wide>(f.maximum) + static_cast<Wide>(f.grace)) {
        return AgeVerdict::password_expired;
    }
    if (age >= static_cast<Wide>(f.maximum)) {
        return AgeVerdict::must_change;
    }
    const bool warns =
        f.warning >= 0 && age + static_cast<Wide>(f.warning) >= static_cast<Wide>(f.maximum);
    return warns ? AgeVerdict::expires_soon : AgeVerdict::valid;
}

constexpr long largest = std::numeric_limits<long>::max();

}  // namespace

TEST_CASE("T-50 aging: what each field does on the day it begins to") {
    struct Row {
        const char* what;
        Fields fields;
        long today;
        AgeVerdict verdict;
        long days_left;
    };
    const Row rows[] = {
        {"nothing is set", {}, 20000, AgeVerdict::valid, 0},
        {"the day before the account ends", {.expires = 100}, 99, AgeVerdict::valid, 0},
        {"the day it ends", {.expires = 100}, 100, AgeVerdict::account_expired, 0},
        {"an end on the first day of all", {.expires = 0}, 0, AgeVerdict::account_expired, 0},
        {"changed on day 0: change it now", {.last_change = 0}, 500, AgeVerdict::must_change, 0},
        {"day 0, without a maximum",
         {.last_change = 0, .maximum = 90},
         500,
         AgeVerdict::must_change,
         0},
        {"no day of change: no aging", {.maximum = 90}, 500, AgeVerdict::valid, 0},
        {"changed in the future", {.last_change = 600, .maximum = 0}, 500, AgeVerdict::valid, 0},
        {"the last good day", {.last_change = 100, .maximum = 90}, 189, AgeVerdict::valid, 0},
        {"too old", {.last_change = 100, .maximum = 90}, 190, AgeVerdict::must_change, 0},
        {"too old for long", {.last_change = 100, .maximum = 90}, 9999, AgeVerdict::must_change, 0},
        {"a day before the warning",
         {.last_change = 100, .maximum = 90, .warning = 7},
         182,
         AgeVerdict::valid,
         0},
        {"the first warning",
         {.last_change = 100, .maximum = 90, .warning = 7},
         183,
         AgeVerdict::expires_soon,
         7},
        {"the last warning",
         {.last_change = 100, .maximum = 90, .warning = 7},
         189,
         AgeVerdict::expires_soon,
         1},
        {"a warning longer than the time",
         {.last_change = 100, .maximum = 5, .warning = 99},
         100,
         AgeVerdict::expires_soon,
         5},
        {"the last day of grace",
         {.last_change = 100, .maximum = 90, .grace = 10},
         199,
         AgeVerdict::must_change,
         0},
        {"grace is over",
         {.last_change = 100, .maximum = 90, .grace = 10},
         200,
         AgeVerdict::password_expired,
         0},
        {"no grace at all",
         {.last_change = 100, .maximum = 90, .grace = 0},
         190,
         AgeVerdict::password_expired,
         0},
        {"the account ends before all else",
         {.last_change = 0, .maximum = 0, .expires = 5},
         5,
         AgeVerdict::account_expired,
         0},
        {"numbers that do not fit together",
         {.last_change = 1, .maximum = largest, .grace = largest},
         20000,
         AgeVerdict::valid,
         0},
        {"maximum 0 is every day",
         {.last_change = 20000, .maximum = 0},
         20000,
         AgeVerdict::must_change,
         0},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.what});
        const auto judgement = judge(row.fields, row.today);
        CHECK(judgement.verdict == row.verdict);
        CHECK(judgement.days_left == days{row.days_left});
    }
}

TEST_CASE("aging: entries that cannot be meant are told from others") {
    CHECK(judge({.expires = 0}, 20000).doubtful);
    CHECK(judge({.last_change = 20001}, 20000).doubtful);
    CHECK_FALSE(judge({.last_change = 20000}, 20000).doubtful);
    CHECK_FALSE(judge({.expires = 1}, 20000).doubtful);
}

TEST_CASE("T-50 aging: ten thousand entries against the rule written twice") {
    std::mt19937_64 random{20261121};
    const auto pick = [&random]() -> long {
        switch (random() % 5) {
            case 0: return -1;
            case 1: return 0;
            case 2: return largest - static_cast<long>(random() % 3);
            case 3: return static_cast<long>(random() % 20);
            default: return static_cast<long>(random() % 40000);
        }
    };
    for (int i = 0; i < 10'000; ++i) {
        const Fields fields{pick(), pick(), pick(), pick(), pick()};
        const long today = static_cast<long>(random() % 40000);
        CAPTURE(fields.last_change);
        CAPTURE(fields.maximum);
        CAPTURE(fields.warning);
        CAPTURE(fields.grace);
        CAPTURE(fields.expires);
        CAPTURE(today);
        REQUIRE(judge(fields, today).verdict == oracle(fields, today));
    }
}
