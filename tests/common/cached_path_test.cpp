#include "common/cached_path.hpp"

#include "tests/common/temporary_directory.hpp"
#include "tests/testing.hpp"

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <doctest/doctest.h>

using common::FileSystem;

namespace {

/// What the kernel knows, it may be unable to say at a moment at which somebody mounts or
/// renames something, anywhere.
common::UniqueFd find_known(int directory, const char* path, int flags) {
    constexpr int tries = 1000;
    auto found = common::find_cached(directory, path, flags);
    for (int i = 1; i < tries && !found.is_open() && errno == EAGAIN; ++i) {
        ::usleep(1000);
        found = common::find_cached(directory, path, flags);
    }
    return found;
}

}  // namespace

TEST_CASE("cached path: what has just been looked at is found, and is not opened") {
    const tests::TemporaryDirectory directory;
    const auto folder = find_known(AT_FDCWD, directory.path("").c_str(), O_DIRECTORY);
    if (!folder.is_open() && errno != EAGAIN) {
        tests::skip("needs openat2(2) of Linux 5.12");
    }
    REQUIRE(folder.is_open());
    const std::string fifo = directory.path("fifo");
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    struct stat status {};
    REQUIRE(::stat(fifo.c_str(), &status) == 0);
    const auto found = find_known(folder.get(), "fifo", O_NOFOLLOW);
    REQUIRE(found.is_open());
    CHECK((::fcntl(found.get(), F_GETFL) & O_PATH) != 0);
    CHECK_FALSE(find_known(folder.get(), "fifo", O_DIRECTORY).is_open());
    CHECK(errno == ENOTDIR);
}

TEST_CASE("cached path: nothing is found where nothing is, whether or not the kernel knows") {
    const tests::TemporaryDirectory directory;
    const std::string missing = directory.path("missing");
    CHECK_FALSE(common::find_cached(AT_FDCWD, missing.c_str(), 0).is_open());
    const bool is_told = errno == ENOENT || errno == EAGAIN || errno == ENOSYS;
    CHECK(is_told);
}

TEST_CASE("cached path: what the kernel does not know by heart is not looked for") {
    constexpr const char* in_memory = "/dev/shm";
    constexpr long tmpfs = 0x01021994;  // which forgets the names of what is not there
    struct statfs status {};
    if (::statfs(in_memory, &status) != 0 || status.f_type != tmpfs) {
        tests::skip("needs a tmpfs");
    }
    const std::string missing = std::string{in_memory} + "/ttygate-nothing-has-this-name";
    CHECK_FALSE(common::find_cached(AT_FDCWD, missing.c_str(), 0).is_open());
    if (errno == ENOSYS || errno == EINVAL) {
        tests::skip("needs openat2(2) of Linux 5.12");
    }
    CHECK(errno == EAGAIN);
}

TEST_CASE("file system: in memory, or what asks somebody else, as statfs(2) has it") {
    constexpr long statmount_call = 457;
    if (::syscall(statmount_call, nullptr, nullptr, 0, 0) < 0 && errno == ENOSYS) {
        tests::skip("needs statmount(2) of Linux 6.8");
    }
    struct Row {
        unsigned type;
        FileSystem kind;
    };
    const Row rows[] = {{0x01021994, FileSystem::in_memory},  // tmpfs
                        {0x858458f6, FileSystem::in_memory},  // ramfs
                        {0xef53, FileSystem::on_disk},        // ext2, ext3, ext4
                        {0x58465342, FileSystem::on_disk},    // XFS
                        {0x9fa0, FileSystem::other},          // proc
                        {0x62656572, FileSystem::other}};     // sysfs
    for (const char* const path : {"/proc", "/sys", "/dev/shm", "/dev", "/tmp", "/"}) {
        CAPTURE(std::string{path});
        struct statfs status {};
        const common::UniqueFd file{::open(path, O_PATH | O_CLOEXEC)};
        if (::statfs(path, &status) != 0 || !file.is_open()) {
            continue;
        }
        for (const Row& row : rows) {
            if (static_cast<unsigned>(status.f_type) == row.type) {
                CHECK(common::file_system_of(file) == row.kind);
            }
        }
    }
    CHECK(common::file_system_of(common::UniqueFd{}) == FileSystem::other);
}
