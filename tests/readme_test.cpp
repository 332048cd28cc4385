// The front page shows what is seen today.

#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>

namespace {

std::string text_of(const std::string& path) {
    std::ifstream file{path};
    REQUIRE(file);
    return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

TEST_CASE("the README shows the captures of a serial line and a virtual terminal") {
    const std::string readme = text_of(TTYGATE_SOURCES "/README.md");
    for (const char* const name : {"serial", "virtual-terminal"}) {
        CAPTURE(name);
        const std::string screen =
            text_of(std::string{TTYGATE_SOURCES "/tests/pty/screens/"} + name + ".txt");
        CHECK(readme.find("```" + screen + "```") != std::string::npos);
    }
}
