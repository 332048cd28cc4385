#include "common/record_file.hpp"

#include "common/unique_fd.hpp"
#include "tests/common/temporary_directory.hpp"
#include "tests/testing.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <lastlog.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

using common::Recorded;
using common::text_of;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t record_size = sizeof(utmpx);
/// 250 ms of patience and the time to notice.
constexpr auto longest_wait = 350ms;

utmpx login_on(std::string_view line, pid_t process = 7) {
    return common::login_record({.line = line, .user = "ann", .process = process});
}

/// Another process that holds a lock on a file until this goes away.
class Holder {
  public:
    Holder(const std::string& path, short type) {
        std::array<int, 2> ready{};
        if (::pipe2(ready.data(), O_CLOEXEC) != 0) {
            throw std::system_error{errno, std::generic_category(), "pipe"};
        }
        const common::UniqueFd told{ready[0]};
        common::UniqueFd tells{ready[1]};
        child_ = ::fork();
        if (child_ == 0) {
            hold(path, type, tells.get());
        }
        tells.reset();
        char byte = 0;
        if (::read(told.get(), &byte, 1) != 1) {
            throw std::runtime_error{"the holder has no lock"};
        }
    }
    Holder(const Holder&) = delete;
    Holder(Holder&&) = delete;
    Holder& operator=(const Holder&) = delete;
    Holder& operator=(Holder&&) = delete;
    ~Holder() {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }
    [[nodiscard]] pid_t id() const { return child_; }

  private:
    [[noreturn]] static void hold(const std::string& path, short type, int tells) {
        const int fd = ::open(path.c_str(), type == F_WRLCK ? O_RDWR : O_RDONLY);
        struct flock range {};
        range.l_type = type;
        range.l_whence = SEEK_SET;
        if (fd < 0 || ::fcntl(fd, F_SETLKW, &range) != 0 || ::write(tells, "x", 1) != 1) {
            ::_exit(1);
        }
        for (;;) {
            ::pause();
        }
    }

    pid_t child_ = -1;
};

/// Runs what must not happen to the test program itself in a child; true when
/// it says so.
template <typename Action>
bool holds_in_child(Action action) {
    const pid_t child = ::fork();
    if (child == 0) {
        bool good = false;
        try {
            good = action();
        } catch (...) {
            good = false;
        }
        ::_exit(good ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void limit_file_size(rlim_t size) {
    const rlimit limit{size, size};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, SIG_IGN);
}

template <typename Action>
int errno_of(Action action) {
    try {
        action();
    } catch (const std::system_error& problem) {
        return problem.code().value();
    }
    return 0;
}

}  // namespace

TEST_CASE("records that are not kept are not begun") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.path("utmp");
    CHECK(common::put_record(login_on("tty1"), path) == Recorded::no_file);
    CHECK(common::append_record(login_on("tty1"), path) == Recorded::no_file);
    CHECK(common::put_last_login(1000, login_on("tty1"), path) == Recorded::no_file);
    CHECK(common::read_records(path).empty());
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a record is written into the slot of its line and read back") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("utmp", "");
    CHECK(common::read_records(path).empty());
    CHECK(common::put_record(login_on("tty1", 5), path) == Recorded::written);
    CHECK(common::put_record(login_on("tty2", 6), path) == Recorded::written);
    CHECK(common::put_record(common::logout_record({.line = "tty1", .process = 5}), path) ==
          Recorded::written);
    const auto records = common::read_records(path);
    REQUIRE(records.size() == 2);
    CHECK(records[0].ut_type == DEAD_PROCESS);
    CHECK(text_of(records[0].ut_line) == "tty1");
    CHECK(records[1].ut_type == USER_PROCESS);
    CHECK(text_of(records[1].ut_line) == "tty2");
    CHECK(text_of(records[1].ut_id) == "tty2");
}

TEST_CASE("the id that init gave is in the file, and only that") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("utmp", "");
    utmpx of_init = common::waiting_record({.id = "1", .process = 7});
    of_init.ut_type = INIT_PROCESS;
    CHECK(common::append_record(of_init, path) == Recorded::written);
    CHECK(common::put_record(login_on("tty1", 7), path) == Recorded::written);
    const auto records = common::read_records(path);
    REQUIRE(records.size() == 1);
    CHECK(std::string(std::begin(records[0].ut_id), std::end(records[0].ut_id)) ==
          std::string{"1\0\0\0", 4});
}

TEST_CASE("records are added at the end") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("wtmp", "");
    for (int count = 0; count < 130; ++count) {
        CHECK(common::append_record(login_on("tty1", count), path) == Recorded::written);
    }
    const auto records = common::read_records(path);
    REQUIRE(records.size() == 130);
    for (std::size_t i = 0; i < records.size(); ++i) {
        CHECK(records[i].ut_pid == static_cast<pid_t>(i));
    }
}

TEST_CASE("the rest of a torn record is written over") {
    const tests::TemporaryDirectory directory;
    for (const std::size_t rest : {std::size_t{1}, std::size_t{100}, record_size - 1}) {
        CAPTURE(rest);
        const std::string torn(record_size + rest, '\x55');
        const std::string wtmp = directory.write("wtmp", torn);
        CHECK(common::append_record(login_on("tty1"), wtmp) == Recorded::written);
        CHECK(std::filesystem::file_size(wtmp) == 2 * record_size);
        CHECK(text_of(common::read_records(wtmp).at(1).ut_line) == "tty1");

        const std::string utmp = directory.write("utmp", torn);
        CHECK(common::read_records(utmp).size() == 1);
        CHECK(common::put_record(login_on("tty1"), utmp) == Recorded::written);
        CHECK(std::filesystem::file_size(utmp) == 2 * record_size);
        CHECK(text_of(common::read_records(utmp).at(1).ut_line) == "tty1");
    }
}

TEST_CASE("a last login is noted at its user's place") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("lastlog", "");
    utmpx record = common::login_record({.line = "tty1",
                                         .host = "far.example",
                                         .when = common::RecordTime{std::chrono::seconds{1'000}}});
    CHECK(common::put_last_login(3, record, path) == Recorded::written);
    CHECK(std::filesystem::file_size(path) == 4 * sizeof(lastlog));
    std::ifstream file{path, std::ios::binary};
    file.seekg(3 * sizeof(lastlog));
    std::string bytes(sizeof(lastlog), '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    lastlog entry{};
    std::memcpy(&entry, bytes.data(), sizeof entry);
    CHECK(entry.ll_time == 1'000);
    CHECK(text_of(entry.ll_line) == "tty1");
    CHECK(text_of(entry.ll_host) == "far.example");
}

TEST_CASE("T-41: a last login after 2038 is read back as it was") {
    using namespace std::chrono;
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("lastlog", "");
    for (const sys_seconds when :
         {sys_seconds{1s},
          sys_seconds{sys_days{2038y / January / 19} + 3h + 14min + 8s},
          sys_seconds{sys_days{2106y / February / 7} + 6h + 28min + 15s}}) {
        common::put_last_login(3, common::login_record({.line = "tty1", .when = when}), path);
        const auto login = common::read_last_login(3, path);
        REQUIRE(login.has_value());
        CHECK(login->when.time_since_epoch().count() == when.time_since_epoch().count());
        CHECK(login->line == "tty1");
        CHECK(login->host.empty());
    }
}

TEST_CASE("who never logged in has no last login") {
    const tests::TemporaryDirectory directory;
    CHECK_FALSE(common::read_last_login(3, directory.path("absent")).has_value());
    const std::string path = directory.write("lastlog", "");
    CHECK_FALSE(common::read_last_login(3, path).has_value());
    const auto record = common::login_record(
        {.line = "tty1", .when = common::RecordTime{std::chrono::seconds{1'000}}});
    common::put_last_login(3, record, path);
    CHECK_FALSE(common::read_last_login(2, path).has_value());
    CHECK_FALSE(common::read_last_login(4, path).has_value());
    // An entry that is cut off is none.
    std::filesystem::resize_file(path, 4 * sizeof(lastlog) - 1);
    CHECK_FALSE(common::read_last_login(3, path).has_value());
}

TEST_CASE("the newest record is the last whole one") {
    const tests::TemporaryDirectory directory;
    CHECK_FALSE(common::read_last_record(directory.path("absent")).has_value());
    const std::string path = directory.write("wtmp", "");
    CHECK_FALSE(common::read_last_record(path).has_value());
    common::append_record(login_on("tty1", 1), path);
    common::append_record(login_on("tty2", 2), path);
    REQUIRE(common::read_last_record(path).has_value());
    CHECK(common::read_last_record(path)->ut_pid == 2);
    std::filesystem::resize_file(path, 2 * record_size - 1);
    CHECK(common::read_last_record(path)->ut_pid == 1);
}

TEST_CASE("a lock for reading delays a record and does not keep it out") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("utmp", "");
    const Holder reader{path, F_RDLCK};
    for (const auto write : {&common::put_record, &common::append_record}) {
        const auto begun = Clock::now();
        CHECK(write(login_on("tty1"), path) == Recorded::written);
        CHECK(Clock::now() - begun < longest_wait);
    }
    CHECK(common::read_records(path).size() == 2);
}

TEST_CASE("a lock for writing is waited for, not for long, and its holder named") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("utmp", "");
    const Holder writer{path, F_WRLCK};
    for (const auto write : {&common::put_record, &common::append_record}) {
        const auto begun = Clock::now();
        std::optional<pid_t> holder;
        int code = 0;
        std::string text;
        try {
            write(login_on("tty1"), path);
        } catch (const common::RecordLocked& locked) {
            holder = locked.holder();
            code = locked.code().value();
            text = locked.what();
        }
        CHECK(Clock::now() - begun < longest_wait);
        CHECK(holder == writer.id());
        CHECK(code == ETIMEDOUT);
        CHECK(text.starts_with("lock " + path + " held by process " + std::to_string(writer.id())));
    }
    CHECK(std::filesystem::file_size(path) == 0);
}

TEST_CASE("a lock that is given up in time is waited for") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("utmp", "");
    std::optional<Holder> writer;
    writer.emplace(path, F_WRLCK);
    const pid_t killer = ::fork();
    if (killer == 0) {
        ::usleep(50'000);
        ::kill(writer->id(), SIGKILL);
        ::_exit(0);
    }
    CHECK(common::put_record(login_on("tty1"), path) == Recorded::written);
    ::waitpid(killer, nullptr, 0);
}

TEST_CASE("after a record the file is unlocked") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("utmp", "");
    CHECK(common::put_record(login_on("tty1"), path) == Recorded::written);
    CHECK(holds_in_child([&] {
        const common::UniqueFd file{::open(path.c_str(), O_RDWR)};
        struct flock range {};
        range.l_type = F_WRLCK;
        return ::fcntl(file.get(), F_SETLK, &range) == 0;
    }));
}

TEST_CASE("many writers at once lose and tear no record") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("wtmp", "");
    constexpr int writers = 8;
    constexpr int each = 50;
    std::vector<pid_t> children;
    for (int writer = 0; writer < writers; ++writer) {
        const pid_t child = ::fork();
        if (child == 0) {
            int status = 0;
            for (int count = 0; count < each; ++count) {
                try {
                    common::append_record(login_on("tty" + std::to_string(writer), count), path);
                } catch (...) {
                    status = 1;
                }
            }
            ::_exit(status);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        ::waitpid(child, &status, 0);
        CHECK(status == 0);
    }
    CHECK(std::filesystem::file_size(path) == writers * each * record_size);
    std::vector<int> next(writers, 0);
    for (const utmpx& record : common::read_records(path)) {
        const auto writer =
            static_cast<std::size_t>(std::stoi(std::string{text_of(record.ut_line).substr(3)}));
        CHECK(record.ut_pid == next.at(writer)++);
    }
}

TEST_CASE("what is no regular file keeps no records, and nothing waits for it") {
    const tests::TemporaryDirectory directory;
    const std::string fifo = directory.path("fifo");
    const std::string loop = directory.path("loop");
    const std::string folder = directory.path("folder");
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    REQUIRE(::symlink("loop", loop.c_str()) == 0);
    REQUIRE(::mkdir(folder.c_str(), 0700) == 0);
    struct Case {
        std::string path;
        int writing;
        int reading;
    };
    for (const Case& c : {Case{fifo, EINVAL, EINVAL},
                          Case{loop, ELOOP, ELOOP},
                          Case{folder, EISDIR, EINVAL},
                          Case{"/dev/null", EINVAL, EINVAL},
                          Case{folder + "/file/below", 0, 0},
                          Case{directory.write("file", "") + "/below", ENOTDIR, ENOTDIR}}) {
        CAPTURE(c.path);
        const utmpx record = login_on("tty1");
        CHECK(errno_of([&] { common::put_record(record, c.path); }) == c.writing);
        CHECK(errno_of([&] { common::append_record(record, c.path); }) == c.writing);
        CHECK(errno_of([&] { common::put_last_login(1, record, c.path); }) == c.writing);
        CHECK(errno_of([&] { (void)common::read_records(c.path); }) == c.reading);
    }
}

TEST_CASE("a short write is taken back") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("wtmp", std::string(record_size, '\0'));
    // Room for 100 bytes: a part is written before the limit is met.
    CHECK(holds_in_child([&] {
        limit_file_size(record_size + 100);
        return errno_of([&] { common::append_record(login_on("tty1"), path); }) == ENOSPC;
    }));
    CHECK(std::filesystem::file_size(path) == record_size);
    CHECK(holds_in_child([&] {
        limit_file_size(record_size + 100);
        return errno_of([&] { common::put_record(login_on("tty1"), path); }) == ENOSPC;
    }));
    CHECK(std::filesystem::file_size(path) == record_size);
    // No room at all.
    CHECK(holds_in_child([&] {
        limit_file_size(record_size);
        return errno_of([&] { common::append_record(login_on("tty1"), path); }) == EFBIG;
    }));
    CHECK(std::filesystem::file_size(path) == record_size);
}

TEST_CASE("a short write over a torn record leaves the file no longer than it was") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("wtmp", std::string(record_size + 100, '\0'));
    CHECK(holds_in_child([&] {
        limit_file_size(record_size + 200);
        return errno_of([&] { common::append_record(login_on("tty1"), path); }) == ENOSPC;
    }));
    CHECK(std::filesystem::file_size(path) <= record_size + 100);
    CHECK(common::append_record(login_on("tty1"), path) == Recorded::written);
    CHECK(common::read_records(path).size() == 2);
}

TEST_CASE("a full disk is said, and what was there is left whole") {
    if (::geteuid() != 0) {
        tests::skip("needs root, to mount a small file system");
    }
    const tests::TemporaryDirectory directory;
    const std::string disk = directory.path("disk");
    REQUIRE(::mkdir(disk.c_str(), 0700) == 0);
    // Mounted where nobody else sees it: in a child with mounts of its own.
    constexpr int cannot_mount = 2;
    const pid_t child = ::fork();
    if (child == 0) {
        if (::unshare(CLONE_NEWNS) != 0 ||
            ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=8k") != 0) {
            ::_exit(cannot_mount);
        }
        const std::string path = disk + "/wtmp";
        std::ofstream{path}.flush();
        int code = 0;
        int written = 0;
        while (code == 0 && written < 100) {
            code = errno_of([&] { common::append_record(login_on("tty1"), path); });
            written += code == 0 ? 1 : 0;
        }
        const bool good =
            code == ENOSPC && written > 0 &&
            std::filesystem::file_size(path) == static_cast<std::size_t>(written) * record_size;
        ::_exit(good ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == cannot_mount) {
        tests::skip("needs a mount namespace");
    }
    CHECK(status == 0);
}
