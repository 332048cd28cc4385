#include "common/text_file.hpp"

#include "tests/common/temporary_directory.hpp"

#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

using common::read_text_file;

TEST_CASE("a small file is read whole") {
    const tests::TemporaryDirectory directory;
    for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 65'535U, 65'536U}) {
        CAPTURE(size);
        const std::string text(size, 'x');
        CHECK(read_text_file(directory.write("file", text)) == text);
    }
    const std::string with_nul{"a\0b\n", 4};
    CHECK(read_text_file(directory.write("file", with_nul)) == with_nul);
}

TEST_CASE("what is beyond the limit is not read") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("file", std::string(100'000, 'x'));
    CHECK(read_text_file(path) == std::string(65'536, 'x'));
    CHECK(read_text_file(path, 10) == std::string(10, 'x'));
    CHECK(read_text_file(path, 0) == std::string{});
}

TEST_CASE("a file that says it is empty is read all the same") {
    const auto text = read_text_file("/proc/self/status");
    REQUIRE(text.has_value());
    CHECK(text->starts_with("Name:"));
    CHECK(text->find("\nThreads:") != text->npos);
}

TEST_CASE("what is no regular file is no text, and nothing waits for it") {
    const tests::TemporaryDirectory directory;
    CHECK_FALSE(read_text_file(directory.path("absent")).has_value());
    CHECK_FALSE(read_text_file(directory.path("")).has_value());
    CHECK_FALSE(read_text_file("").has_value());
    CHECK_FALSE(read_text_file("/dev/null").has_value());
    CHECK_FALSE(read_text_file("/dev/zero").has_value());

    const std::string fifo = directory.path("fifo");
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    CHECK_FALSE(read_text_file(fifo).has_value());

    const std::string loop = directory.path("loop");
    REQUIRE(::symlink("loop", loop.c_str()) == 0);
    CHECK_FALSE(read_text_file(loop).has_value());
}

TEST_CASE("a symbolic link to a file is followed") {
    const tests::TemporaryDirectory directory;
    directory.write("real", "text\n");
    REQUIRE(::symlink("real", directory.path("link").c_str()) == 0);
    CHECK(read_text_file(directory.path("link")) == "text\n");
}
