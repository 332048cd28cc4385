#include "common/environment.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using common::Environment;
using Entries = std::vector<std::string>;

TEST_CASE("the last value of a name wins, in the place of the first") {
    Environment environment;
    environment.set("TERM", "linux");
    environment.set("HOME", "/root");
    environment.set("TERM", "vt220");
    CHECK(environment.entries() == Entries{"TERM=vt220", "HOME=/root"});
    CHECK(environment.find("TERM") == std::string_view{"vt220"});
}

TEST_CASE("a name is no other name's beginning") {
    Environment environment;
    environment.set("LC", "a");
    environment.set("LC_ALL", "b");
    CHECK(environment.entries() == Entries{"LC=a", "LC_ALL=b"});
    CHECK(environment.find("L") == nullptr);
    CHECK(environment.find("LC_") == nullptr);
    environment.remove("LC");
    CHECK(environment.entries() == Entries{"LC_ALL=b"});
    environment.remove("LC");
    CHECK(environment.entries() == Entries{"LC_ALL=b"});
}

TEST_CASE("an empty value is a value") {
    Environment environment;
    environment.set("TERM", "");
    REQUIRE(environment.find("TERM") != nullptr);
    CHECK(environment.find("TERM") == std::string_view{});
    CHECK(environment.entries() == Entries{"TERM="});
}

TEST_CASE("a C environment is taken without what is no assignment") {
    const std::array<const char*, 7> inherited{"A=1", "nothing", "=x", "B=2=3", "A=4", "", nullptr};
    CHECK(Environment::from(inherited.data()).entries() == Entries{"A=4", "B=2=3"});
    CHECK(Environment::from(nullptr).entries().empty());
}

TEST_CASE("pointers are what execve wants") {
    Environment environment;
    CHECK(environment.pointers() == std::vector<char*>{nullptr});
    environment.set("A", "1");
    environment.set("B", "2");
    const std::vector<char*> pointers = environment.pointers();
    REQUIRE(pointers.size() == 3);
    CHECK(std::string_view{pointers[0]} == "A=1");
    CHECK(std::string_view{pointers[1]} == "B=2");
    CHECK(pointers[2] == nullptr);
}
