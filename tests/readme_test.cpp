// The front page shows what is seen today.

#include <algorithm>
#include <filesystem>
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

/// The titles of all test cases, a line each.
std::string titles() {
    std::string all;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator{TTYGATE_SOURCES "/tests"}) {
        if (entry.path().extension() != ".cpp") {
            continue;
        }
        const std::string text = text_of(entry.path());
        const std::string begin = "\nTEST_CASE(";
        for (auto at = text.find(begin); at != text.npos; at = text.find(begin, at + 1)) {
            all += text.substr(at + 1, text.find(") {\n", at) - at) + "\n";
        }
    }
    return all;
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

TEST_CASE("what the README says is shown by a command is shown by one") {
    const std::string readme = text_of(TTYGATE_SOURCES "/README.md");
    const std::string script = text_of(TTYGATE_SOURCES "/tests/run");
    const std::string known = titles();
    const std::string begin = "`tests/run ";
    int count = 0;
    for (auto at = readme.find(begin); at != readme.npos; at = readme.find(begin, at + 1)) {
        const auto from = at + begin.size();
        std::string name = readme.substr(from, readme.find('`', from) - from);
        name.erase(std::remove(name.begin(), name.end(), '"'), name.end());
        CAPTURE(name);
        ++count;
        if (name.starts_with("--")) {
            CHECK(script.find("    " + name.substr(0, name.find(' ')) + ")") != script.npos);
        } else if (name != "NAME") {
            CHECK(known.find(name) != known.npos);
        }
    }
    CHECK(count > 20);
}
