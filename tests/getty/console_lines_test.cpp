#include "getty/console_lines.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

TEST_CASE("the active consoles are lines, the screen that is shown is tty1") {
    using Lines = std::vector<std::string>;
    CHECK(getty::console_lines("tty0 ttyS0\n") == Lines{"tty1", "ttyS0"});
    CHECK(getty::console_lines("ttyS1\n") == Lines{"ttyS1"});
    CHECK(getty::console_lines("hvc0 tty1 tty0 hvc0") == Lines{"hvc0", "tty1"});
    CHECK(getty::console_lines("").empty());
    CHECK(getty::console_lines(" \n").empty());
}
