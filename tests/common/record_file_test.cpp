#include "common/record_file.hpp"

#include "common/syscall_filter.hpp"
#include "common/unique_fd.hpp"
#include "tests/common/seccomp.hpp"
#include "tests/common/temporary_directory.hpp"
#include "tests/testing.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <lastlog.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

using common::Recorded;
using common::text_of;
using std::chrono::February;
using std::chrono::January;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t record_size = sizeof(utmpx);
/// None crosses the end of a page. It has 384 bytes, or 400 on arm64.
constexpr std::size_t records_to_filler = record_size == 384 ? 15 : 9;
/// 250 ms of patience, and the time to notice on a machine that is busy. Nothing of what
/// is waited for would ever come.
constexpr auto longest_wait = 4s;

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

/// What the rest of this process's pwrite(2) calls come to.
void fail_writes_with(int problem) {
    std::array<sock_filter, 4> program{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pwrite64, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(problem)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog filter{.len = program.size(), .filter = program.data()};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
        throw std::runtime_error{"no filter"};
    }
}

/// To ten times what records may take; a sanitizer has terabytes of its own.
void limit_memory() {
    if (common::can_be_confined) {
        constexpr rlim_t enough = 256UL * 1024 * 1024;
        const rlimit memory{.rlim_cur = enough, .rlim_max = RLIM_INFINITY};
        ::setrlimit(RLIMIT_AS, &memory);
    }
}

/// What is where no record may be.
bool is_filler(const utmpx& record) {
    const utmpx nothing{};
    // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): of a file, each byte counts
    return std::memcmp(&record, &nothing, sizeof record) == 0;
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
    pid_t next = 0;
    const auto records = common::read_records(path);
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (common::lies_across_pages(i)) {
            CHECK(is_filler(records[i]));
        } else {
            CHECK(records[i].ut_pid == next++);
        }
    }
    CHECK(next == 130);
}

TEST_CASE("T-37: no record lies in two pages, wherever records were before") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("utmp", "");
    for (int line = 0; line < 70; ++line) {
        CHECK(common::put_record(login_on("pts/" + std::to_string(line), 100 + line), path) ==
              Recorded::written);
    }
    auto records = common::read_records(path);
    std::size_t fillers = 0;
    for (std::size_t i = 0; i < records.size(); ++i) {
        fillers += common::lies_across_pages(i) ? 1U : 0U;
        CHECK(is_filler(records[i]) == common::lies_across_pages(i));
    }
    CHECK(records.size() == 70 + fillers);

    // Another program's record there moves when we have something to say.
    const std::size_t across = 10;
    REQUIRE(common::lies_across_pages(across));
    records.resize(across);
    records.push_back(login_on("tty1", 7));
    records.back().ut_id[0] = '1';
    records.back().ut_id[1] = '\0';
    directory.write("utmp",
                    {reinterpret_cast<const char*>(records.data()), records.size() * record_size});
    CHECK(common::put_record(common::logout_record({.line = "tty1", .process = 7}), path) ==
          Recorded::written);
    records = common::read_records(path);
    REQUIRE(records.size() == across + 2);
    CHECK(is_filler(records[across]));
    CHECK(records.back().ut_type == DEAD_PROCESS);
    CHECK(text_of(records.back().ut_id) == "1");
}

TEST_CASE("T-37: where a torn record would end up in two pages its rest is cut off") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("wtmp", std::string(10 * record_size + 300, '\x55'));
    CHECK(common::append_record(login_on("tty1"), path) == Recorded::written);
    const auto records = common::read_records(path);
    REQUIRE(records.size() == 12);
    CHECK(is_filler(records[10]));
    CHECK(text_of(records[11].ut_line) == "tty1");
}

TEST_CASE("T-37: a file that is renamed while its lock is waited for is not written to") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("wtmp", "");
    const std::string rotated = directory.path("wtmp.1");
    std::optional<Holder> writer;
    writer.emplace(path, F_WRLCK);
    std::thread rotation{[&] {
        std::this_thread::sleep_for(30ms);
        std::filesystem::rename(path, rotated);
        directory.write("wtmp", "");
        writer.reset();
    }};
    CHECK(common::append_record(login_on("tty1"), path) == Recorded::written);
    rotation.join();
    CHECK(std::filesystem::file_size(rotated) == 0);
    CHECK(common::read_records(path).size() == 1);
}

TEST_CASE("T-37: threads of one process keep out of each other's way") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("wtmp", "");
    constexpr int all = 4;
    std::vector<std::thread> threads;
    threads.reserve(all);
    std::atomic<int> failures = 0;
    for (int number = 0; number < all; ++number) {
        threads.emplace_back([&, number] {
            for (int count = 0; count < 100; ++count) {
                failures +=
                    errno_of([&] {
                        common::append_record(login_on("tty" + std::to_string(number)), path);
                    }) == 0
                        ? 0
                        : 1;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(failures == 0);
    const auto records = common::read_records(path);
    CHECK(std::count_if(
              records.begin(), records.end(), [](const utmpx& r) { return !is_filler(r); }) == 400);
}

TEST_CASE("T-36: a child that lives on does not keep the lock") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("utmp", "");
    std::optional<Holder> writer;
    writer.emplace(path, F_WRLCK);
    // Forked while another thread waits for the lock, with a copy of its descriptor.
    std::thread waiting{[&] { common::put_record(login_on("tty1"), path); }};
    std::this_thread::sleep_for(20ms);
    const pid_t child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    writer.reset();
    waiting.join();
    const auto begun = Clock::now();
    CHECK(common::put_record(login_on("tty2"), path) == Recorded::written);
    CHECK(Clock::now() - begun < longest_wait);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
}

TEST_CASE("T-25: what others may read keeps no name that may be a password") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("btmp", "");
    for (const mode_t mode : {0604U, 0602U, 0644U, 0666U}) {
        CAPTURE(mode);
        REQUIRE(::chmod(path.c_str(), mode) == 0);
        CHECK(errno_of([&] { common::append_secret_record(login_on("tty1"), path); }) == EPERM);
    }
    CHECK(std::filesystem::file_size(path) == 0);
    for (const mode_t mode : {0600U, 0660U}) {  // Debian's has the group utmp
        CAPTURE(mode);
        REQUIRE(::chmod(path.c_str(), mode) == 0);
        CHECK(common::append_secret_record(login_on("tty1"), path) == Recorded::written);
    }
    CHECK(common::append_secret_record(login_on("tty1"), directory.path("absent")) ==
          Recorded::no_file);
}

TEST_CASE("T-39: ten thousand logins and logouts leave the file as small as the lines are few") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("utmp", "");
    constexpr int cycles = 10'000;
    constexpr std::size_t lines = 40;
    for (int cycle = 0; cycle < cycles; ++cycle) {
        const std::string line = "pts/" + std::to_string(static_cast<std::size_t>(cycle) % lines);
        common::put_record(login_on(line, 1000 + cycle), path);
        common::put_record(common::logout_record({.line = line, .process = 1000 + cycle}), path);
    }
    CHECK(std::filesystem::file_size(path) <=
          (lines + lines / records_to_filler + 1) * record_size);
    const auto records = common::read_records(path);
    CHECK(std::none_of(
        records.begin(), records.end(), [](const utmpx& r) { return r.ut_type == USER_PROCESS; }));
}

TEST_CASE("T-40: a record that somebody has changed since it was seen is not ended") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("utmp", "");
    common::put_record(login_on("tty1", 7), path);
    common::put_record(login_on("tty2", 8), path);
    const utmpx seen = common::read_records(path).at(0);
    CHECK(common::end_record(seen, common::RecordTime{9s}, path));
    CHECK(common::read_records(path).at(0).ut_type == DEAD_PROCESS);
    CHECK_FALSE(common::end_record(seen, common::RecordTime{9s}, path));
    // The same again, but a moment later.
    common::put_record(login_on("tty1", 7), path);
    CHECK_FALSE(common::end_record(seen, common::RecordTime{9s}, path));
    CHECK(common::read_records(path).at(0).ut_type == USER_PROCESS);
    CHECK(common::read_records(path).at(1).ut_type == USER_PROCESS);
    CHECK_FALSE(common::end_record(seen, common::RecordTime{9s}, directory.path("absent")));
}

TEST_CASE("T-42: whatever is in a file of records, it is read and written to") {
    const tests::TemporaryDirectory directory;
    std::mt19937 random{20261122};
    for (int round = 0; round < 300; ++round) {
        std::string bytes(random() % (40 * record_size), '\0');
        std::generate(
            bytes.begin(), bytes.end(), [&random] { return static_cast<char>(random()); });
        // Types as they are, or nothing after the first bytes would be looked at.
        for (std::size_t at = 0; at + record_size <= bytes.size(); at += record_size) {
            bytes[at] = static_cast<char>(random() % 10);
            bytes[at + 1] = '\0';
        }
        const std::string path = directory.write("utmp", bytes);
        const auto before = common::read_records(path);
        CHECK(before.size() == bytes.size() / record_size);
        for (const utmpx& record : before) {
            CHECK(text_of(record.ut_user).size() <= sizeof record.ut_user);
            (void)common::is_stale(record,
                                   {.is_there = true, .started = common::BootTime{5}},
                                   {.now = common::time_of(record),
                                    .since_boot = common::BootTime{7},
                                    .recorded_boot = common::time_of(record)});
        }
        CHECK(common::put_record(login_on("tty1"), path) == Recorded::written);
        const auto after = common::read_records(path);
        CHECK(after.size() >= before.size());
        CHECK(std::count_if(after.begin(), after.end(), [](const utmpx& r) {
                  return r.ut_type == USER_PROCESS && text_of(r.ut_line) == "tty1";
              }) == 1);
    }
}

TEST_CASE("T-42: a file of records as large as a disk costs neither memory nor time") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("utmp", "");
    CHECK(common::put_record(login_on("tty1"), path) == Recorded::written);
    constexpr std::size_t most = 65'536;
    for (const std::size_t count : {most, most + 1, std::size_t{2'700'000'000}}) {
        CAPTURE(count);
        if (::truncate(path.c_str(), static_cast<off_t>(count * record_size)) != 0) {
            tests::skip("needs a file system with files of a terabyte");
        }
        CHECK(holds_in_child([&] {
            limit_memory();
            const auto begun = Clock::now();
            const auto records = common::read_records(path);
            const int code_for_end =
                errno_of([&] { common::end_record(login_on("tty3"), {}, path); });
            const int code = errno_of([&] { common::put_record(login_on("tty2"), path); });
            const int expected = count > most ? EFBIG : 0;
            return records.size() == most && text_of(records[0].ut_line) == "tty1" &&
                   code == expected && code_for_end == expected &&
                   Clock::now() - begun < std::chrono::seconds{60};  // not a terabyte's
        }));
    }
    // What is only added to may be as large as it likes.
    const auto size = std::filesystem::file_size(path);
    CHECK(common::append_record(login_on("tty4"), path) == Recorded::written);
    CHECK(std::filesystem::file_size(path) > size);
    CHECK(text_of(common::read_last_record(path).value_or(utmpx{}).ut_line) == "tty4");
}

TEST_CASE("T-37: the rest of a torn record is written over") {
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

TEST_CASE("T-36: a lock for reading delays a record and does not keep it out") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("utmp", "");
    const std::string lock = directory.path("own/lock");
    const Holder reader{path, F_RDLCK};
    for (const auto write : {&common::put_record, &common::append_record}) {
        const auto begun = Clock::now();
        CHECK(write(login_on("tty1"), path, lock) == Recorded::written);
        CHECK(Clock::now() - begun < longest_wait);
    }
    const auto begun = Clock::now();
    CHECK(common::put_last_login(1, login_on("tty1"), directory.write("lastlog", ""), lock) ==
          Recorded::written);
    CHECK(common::read_records(path).size() == 2);
    CHECK(Clock::now() - begun < longest_wait);
    struct stat status {};
    REQUIRE(::stat(lock.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK(std::filesystem::status(directory.path("own")).permissions() ==
          std::filesystem::perms::owner_all);
}

TEST_CASE("T-36: writers beside a lock for reading keep out of each other's way") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("wtmp", "");
    const std::string lock = directory.path("own/lock");
    const Holder reader{path, F_RDLCK};
    constexpr int writers = 8;
    constexpr int each = 4;
    std::vector<pid_t> children;
    for (int writer = 0; writer < writers; ++writer) {
        const pid_t child = ::fork();
        if (child == 0) {
            int status = 0;
            for (int count = 0; count < each; ++count) {
                status |= errno_of([&] {
                    common::append_record(login_on("tty" + std::to_string(writer)), path, lock);
                });
            }
            ::_exit(status != 0 ? 1 : 0);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        ::waitpid(child, &status, 0);
        CHECK(status == 0);
    }
    const auto records = common::read_records(path);
    CHECK(std::count_if(records.begin(), records.end(), [](const utmpx& r) {
              return r.ut_type == USER_PROCESS;
          }) == writers * each);
}

TEST_CASE("T-36: whoever has the writers' lock has one file's, and is waited for") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("utmp", "");
    const std::string other = directory.write("wtmp", "");
    const std::string lock = directory.path("own/lock");
    const Holder reader{path, F_RDLCK};
    const Holder reader_of_other{other, F_RDLCK};
    CHECK(common::put_record(login_on("tty1"), path, lock) == Recorded::written);
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    // Another opening: as another process has it.
    const common::UniqueFd held{::open(lock.c_str(), O_RDWR | O_CLOEXEC)};
    struct flock byte {};
    byte.l_type = F_WRLCK;
    byte.l_whence = SEEK_SET;
    byte.l_start = static_cast<off_t>(status.st_ino);
    byte.l_len = 1;
    REQUIRE(::fcntl(held.get(), F_OFD_SETLK, &byte) == 0);
    const auto begun = Clock::now();
    CHECK(errno_of([&] { common::put_record(login_on("tty2"), path, lock); }) == ETIMEDOUT);
    CHECK(Clock::now() - begun < longest_wait);
    CHECK(common::append_record(login_on("tty2"), other, lock) == Recorded::written);
    CHECK(common::read_records(path).size() == 1);
}

TEST_CASE("T-36: a directory that others may write to holds no lock of ours") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("utmp", "");
    std::filesystem::create_directory(directory.path("open"));
    std::filesystem::permissions(directory.path("open"), std::filesystem::perms::all);
    const std::string lock = directory.path("open/lock");
    const Holder reader{path, F_RDLCK};
    CHECK(common::put_record(login_on("tty1"), path, lock) == Recorded::written);
    CHECK_FALSE(std::filesystem::exists(lock));
}

TEST_CASE("T-36: sixty-four busy readers do not starve a writer") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("utmp", std::string(record_size, '\0'));
    const std::string lock = directory.path("own/lock");
    std::vector<pid_t> readers;
    for (int count = 0; count < 64; ++count) {
        const pid_t child = ::fork();
        if (child == 0) {
            const common::UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
            struct flock range {};
            range.l_whence = SEEK_SET;
            for (;;) {
                range.l_type = F_RDLCK;
                ::fcntl(file.get(), F_SETLKW, &range);
                ::usleep(2'000);
                range.l_type = F_UNLCK;
                ::fcntl(file.get(), F_SETLK, &range);
            }
        }
        readers.push_back(child);
    }
    constexpr int updates = 5;
    for (int count = 0; count < updates; ++count) {
        const auto begun = Clock::now();
        CHECK(common::put_record(login_on("tty" + std::to_string(count)), path, lock) ==
              Recorded::written);
        CHECK(Clock::now() - begun < longest_wait);
    }
    for (const pid_t reader : readers) {
        ::kill(reader, SIGKILL);
        ::waitpid(reader, nullptr, 0);
    }
    CHECK(common::read_records(path).size() == 1 + updates);
}

TEST_CASE("T-36: a lock for writing is waited for, not for long, and its holder named") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("utmp", "");
    const std::string lock = directory.path("own/lock");
    const Holder writer{path, F_WRLCK};
    ::kill(writer.id(), SIGSTOP);
    for (const auto write : {&common::put_record, &common::append_record}) {
        const auto begun = Clock::now();
        std::optional<pid_t> holder;
        int code = 0;
        std::string text;
        try {
            write(login_on("tty1"), path, lock);
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
    const auto begun = Clock::now();
    CHECK(common::read_records(path).empty());
    CHECK(Clock::now() - begun < longest_wait);
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

TEST_CASE("T-37: many writers at once lose and tear no record") {
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
    std::vector<int> next(writers, 0);
    for (const utmpx& record : common::read_records(path)) {
        if (is_filler(record)) {
            continue;
        }
        const auto writer =
            static_cast<std::size_t>(std::stoi(std::string{text_of(record.ut_line).substr(3)}));
        CHECK(record.ut_pid == next.at(writer)++);
    }
    CHECK(std::all_of(next.begin(), next.end(), [](int count) { return count == each; }));
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

TEST_CASE("T-38: the limit for files is an error, and no signal that ends the program") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("wtmp", std::string(record_size, '\0'));
    for (const rlim_t limit : {record_size, record_size + 100}) {
        for (const auto write : {&common::put_record, &common::append_record}) {
            CHECK(holds_in_child([&] {
                const rlimit both{limit, limit};
                ::setrlimit(RLIMIT_FSIZE, &both);
                std::signal(SIGXFSZ, SIG_DFL);
                return errno_of([&] {
                           write(login_on("tty1"), path, common::default_writers_lock);
                       }) == EFBIG;
            }));
            CHECK(std::filesystem::file_size(path) == record_size);
        }
    }
    CHECK(holds_in_child([&] {
        const rlimit both{record_size, record_size};
        ::setrlimit(RLIMIT_FSIZE, &both);
        return errno_of([&] { common::put_last_login(~uid_t{0} - 1, login_on("tty1"), path); }) ==
               EFBIG;
    }));
}

TEST_CASE("T-38: where no signal can come, a record is added or not, and none is torn") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("wtmp", std::string(2 * record_size, 'x'));
    for (const rlim_t limit : {record_size + 100, 2 * record_size, 2 * record_size + 100}) {
        CAPTURE(limit);
        CHECK(holds_in_child([&] {
            const rlimit both{limit, limit};
            ::setrlimit(RLIMIT_FSIZE, &both);
            std::signal(SIGXFSZ, SIG_IGN);
            common::expect_no_size_signal();
            const int added = errno_of([&] { common::append_record(login_on("tty1"), path); });
            // User 1 has the entry that the first limit cuts in two.
            const int noted = errno_of([&] { common::put_last_login(1, login_on("tty1"), path); });
            return added == EFBIG && (noted == EFBIG || limit >= 2 * record_size);
        }));
        CHECK(std::filesystem::file_size(path) == 2 * record_size);
        if (limit < 2 * record_size) {
            std::ifstream file{path, std::ios::binary};
            const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
            CHECK(bytes == std::string(2 * record_size, 'x'));
        }
    }
}

TEST_CASE("a record is added unless the last one says that it is there") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("wtmp", "");
    const auto is_there = [](const utmpx& last) { return text_of(last.ut_line) == "tty2"; };
    for (const auto& [line, count] :
         std::vector<std::pair<std::string, std::size_t>>{{"tty1", 1}, {"tty2", 2}, {"tty3", 2}}) {
        common::append_unless(login_on(line), is_there, path);
        CHECK(common::read_records(path).size() == count);
    }
    CHECK(text_of(common::read_last_record(path).value_or(utmpx{}).ut_line) == "tty2");
    common::append_unless(login_on("tty1"), is_there, directory.path("absent"));
    CHECK_FALSE(std::filesystem::exists(directory.path("absent")));
}

TEST_CASE("T-38: the last user of all has a last login, and the file is no larger on the disk") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("lastlog", "");
    constexpr uid_t last = ~uid_t{0} - 1;
    int code = errno_of([&] { common::put_last_login(last, login_on("tty1"), path); });
    if (code == EFBIG) {
        tests::skip("needs a file system with files of more than a terabyte");
    }
    CHECK(code == 0);
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK(status.st_size == (off_t{last} + 1) * static_cast<off_t>(sizeof(lastlog)));
    CHECK(status.st_blocks * 512 < 100'000);
}

TEST_CASE("T-38: what a write fails with is told by its number, and nothing is left behind") {
    tests::need_seccomp();
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("wtmp", std::string(record_size + 5, '\0'));
    for (const int problem : {ENOSPC, EDQUOT, EIO, EFBIG, EROFS}) {
        CAPTURE(problem);
        CHECK(holds_in_child([&] {
            fail_writes_with(problem);
            return errno_of([&] { common::append_record(login_on("tty1"), path); }) == problem &&
                   errno_of([&] { common::put_record(login_on("tty1"), path); }) == problem &&
                   errno_of([&] { common::put_last_login(9, login_on("tty1"), path); }) == problem;
        }));
        CHECK(std::filesystem::file_size(path) == record_size + 5);
    }
}

TEST_CASE("T-38: who may not write is told so") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.write("wtmp", "");
    REQUIRE(::chmod(path.c_str(), 0) == 0);
    std::filesystem::permissions(directory.path(""), std::filesystem::perms::all);
    CHECK(holds_in_child([&] {
        if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) {
            return false;
        }
        return errno_of([&] { common::append_record(login_on("tty1"), path); }) == EACCES;
    }));
}

TEST_CASE("T-38: a full disk is said, and what was there is left whole") {
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
        const auto records = common::read_records(path);
        bool good = code == ENOSPC && written > 0 &&
                    std::filesystem::file_size(path) == records.size() * record_size &&
                    std::count_if(records.begin(), records.end(), [](const utmpx& r) {
                        return !is_filler(r);
                    }) == written;
        // An entry of lastlog in two pages, of which only one can be had.
        const std::string lastlog_path = disk + "/lastlog";
        std::filesystem::resize_file(path, 4096);
        std::ofstream{lastlog_path}.flush();
        const uid_t across = 4096 / sizeof(lastlog);
        good = good &&
               errno_of([&] { common::put_last_login(across, login_on("tty1"), lastlog_path); }) ==
                   ENOSPC &&
               std::filesystem::file_size(lastlog_path) == 0;
        // And where nothing may be written at all.
        good = good &&
               ::mount(nullptr, disk.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0 &&
               errno_of([&] { common::put_record(login_on("tty1"), path); }) == EROFS;
        ::_exit(good ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == cannot_mount) {
        tests::skip("needs a mount namespace");
    }
    CHECK(status == 0);
}
