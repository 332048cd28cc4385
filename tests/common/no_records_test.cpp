#include "common/record_file.hpp"
#include "tests/common/temporary_directory.hpp"

#include <filesystem>
#include <string>

#include <doctest/doctest.h>

using common::Recorded;

// Instead of record_file_test.cpp where it is built with -Dutmpx=none.

TEST_CASE("where no records are kept nothing is written and nothing read, whatever is there") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("utmp", std::string(sizeof(utmpx), '\x01'));
    const utmpx record = common::login_record({.line = "tty1", .user = "ann", .process = 7});
    CHECK(common::put_record(record, path) == Recorded::no_file);
    CHECK(common::append_record(record, path) == Recorded::no_file);
    CHECK(common::append_secret_record(record, path) == Recorded::no_file);
    CHECK(common::put_last_login(0, record, path) == Recorded::no_file);
    CHECK_FALSE(common::end_record(record, {}, path));
    CHECK(common::read_records(path).empty());
    CHECK_FALSE(common::read_last_record(path).has_value());
    CHECK_FALSE(common::read_last_login(0, path).has_value());
    CHECK(std::filesystem::file_size(path) == sizeof(utmpx));
}
