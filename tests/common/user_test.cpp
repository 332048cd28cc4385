#include "common/user.hpp"

#include <doctest/doctest.h>

TEST_CASE("an account is found by its name") {
    const auto root = common::find_user("root");
    REQUIRE(root.has_value());
    CHECK(root->name == "root");
    CHECK(root->uid == 0);
    CHECK(root->gid == 0);
    CHECK_FALSE(root->home.empty());
}

TEST_CASE("a number is a name, never a uid") {
    CHECK_FALSE(common::find_user("0").has_value());
    CHECK_FALSE(common::find_user("+0").has_value());
}

TEST_CASE("nobody of that name is an answer, not a failure") {
    CHECK_FALSE(common::find_user("").has_value());
    CHECK_FALSE(common::find_user("no-such-account-here").has_value());
    CHECK_FALSE(common::find_user("root\n").has_value());
    CHECK_FALSE(common::find_user(std::string(10'000, 'a')).has_value());
}
