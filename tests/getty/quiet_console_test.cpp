#include "getty/quiet_console.hpp"

#include <doctest/doctest.h>

using getty::level_to_restore;

TEST_CASE("the level to restore is the one found, or the machine's own if it was quiet already") {
    CHECK(level_to_restore("4\t4\t1\t7\n") == "4");
    CHECK(level_to_restore("7 4 1 7") == "7");
    CHECK(level_to_restore("1\t4\t1\t7\n") == "7");
    CHECK(level_to_restore("0\t4\t1\t3\n") == "3");
    CHECK(level_to_restore("15\t4\t1\t7\n") == "15");
    CHECK_FALSE(level_to_restore("").has_value());
    CHECK_FALSE(level_to_restore("4 4 1").has_value());
    CHECK_FALSE(level_to_restore("4 4 x 7").has_value());
    CHECK_FALSE(level_to_restore("-1 4 1 7").has_value());
}
