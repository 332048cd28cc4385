#include "login/local_time.hpp"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using std::chrono::July;
using std::chrono::sys_days;

TEST_CASE("T-41: a time after 2038 is shown in its year, wherever this is and whatever time_t is") {
    for (const auto day : {2026y / July / 1, 2039y / July / 1, 2105y / July / 1}) {
        const std::string shown = login::local_time(sys_days{day} + 12h + 34min + 56s);
        CAPTURE(shown);
        CHECK(shown.find(" Jul ") != std::string::npos);
        CHECK(shown.find(":56 ") != std::string::npos);
        CHECK(shown.ends_with(" " + std::to_string(static_cast<int>(day.year()))));
    }
    // A Friday, and at this hour nearly everywhere.
    CHECK(login::local_time(sys_days{2039y / July / 1} + 11h).starts_with("Fri Jul  1 "));
}
