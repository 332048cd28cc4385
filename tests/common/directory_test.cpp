#include "common/directory.hpp"

#include "tests/common/temporary_directory.hpp"

#include <doctest/doctest.h>

using common::is_file;
using common::names_in;
using Names = std::vector<std::string>;

TEST_CASE("the names in a directory, sorted, without hidden ones") {
    const tests::TemporaryDirectory directory;
    const std::string b = directory.write("b", "");
    directory.write("a/inside", "");
    directory.write(".hidden", "");
    const std::string path = b.substr(0, b.rfind('/'));
    CHECK(names_in(path) == Names{"a", "b"});
    CHECK(names_in(path + "/a") == Names{"inside"});
    CHECK(names_in(path + "/none") == Names{});
    CHECK(names_in(b) == Names{});

    CHECK(is_file(b));
    CHECK(common::is_directory(path));
    CHECK_FALSE(common::is_directory(b));
    CHECK_FALSE(common::is_directory(path + "/none"));
    CHECK_FALSE(is_file(path));
    CHECK_FALSE(is_file(path + "/none"));
}
