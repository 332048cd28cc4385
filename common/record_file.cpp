#include "common/record_file.hpp"

#include "common/syscall.hpp"
#include "common/unique_fd.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <thread>

#include <fcntl.h>
#include <lastlog.h>
#include <sys/stat.h>
#include <unistd.h>

namespace common {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto lock_patience = 250ms;

enum class Access { read, write };

/// Absent is an answer, everything else a failure. O_NONBLOCK and the check for
/// a regular file: a FIFO of that name must not hold a login.
UniqueFd open_records(const std::string& path, Access access) {
    const int mode = access == Access::write ? O_RDWR : O_RDONLY;
    UniqueFd file{retry_interrupted(
        [&] { return ::open(path.c_str(), mode | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); })};
    if (!file.is_open()) {
        if (errno == ENOENT) {
            return file;
        }
        throw_errno("open", path);
    }
    struct stat status {};
    check(::fstat(file.get(), &status), "look at", path);
    if (!S_ISREG(status.st_mode)) {
        errno = EINVAL;
        throw_errno("keep records in", path);
    }
    return file;
}

struct flock whole_file(short type) {
    struct flock range {};
    range.l_type = type;
    range.l_whence = SEEK_SET;
    return range;
}

/// The write lock of one open file, until the end of scope.
class RecordLock {
  public:
    RecordLock(const UniqueFd& file, const std::string& path) : file_(file) {
        const auto deadline = Clock::now() + lock_patience;
        for (auto pause = 100us; !take();
             pause = std::min<std::chrono::microseconds>(2 * pause, 5ms)) {
            if (Clock::now() >= deadline) {
                give_up_or_go_on(path);
                return;
            }
            std::this_thread::sleep_for(pause);
        }
    }
    RecordLock(const RecordLock&) = delete;
    RecordLock(RecordLock&&) = delete;
    RecordLock& operator=(const RecordLock&) = delete;
    RecordLock& operator=(RecordLock&&) = delete;
    ~RecordLock() {
        struct flock range = whole_file(F_UNLCK);
        ::fcntl(file_.get(), F_OFD_SETLK, &range);
    }

  private:
    bool take() {
        struct flock range = whole_file(F_WRLCK);
        if (::fcntl(file_.get(), F_OFD_SETLK, &range) == 0) {
            return true;
        }
        if (errno != EAGAIN && errno != EACCES && errno != EINTR) {
            throw_errno("lock", "the records");
        }
        return false;
    }

    /// A reader cannot be hurt by a whole record that changes in one write, and
    /// while it holds its lock no other writer is inside.
    void give_up_or_go_on(const std::string& path) {
        struct flock holder = whole_file(F_WRLCK);
        const bool known = ::fcntl(file_.get(), F_OFD_GETLK, &holder) == 0;
        if (known && holder.l_type == F_UNLCK && take()) {
            return;  // let go this very moment
        }
        if (!known || holder.l_type == F_WRLCK) {
            throw RecordLocked{path, known && holder.l_pid > 0 ? holder.l_pid : 0};
        }
    }

    const UniqueFd& file_;
};

std::vector<utmpx> records_in(const UniqueFd& file, const std::string& path) {
    constexpr std::size_t chunk = 64;
    std::vector<utmpx> records;
    std::size_t count = 0;
    for (;;) {
        records.resize(count + chunk);
        const auto size = check(retry_interrupted([&] {
                                    return ::pread(file.get(),
                                                   &records[count],
                                                   chunk * sizeof(utmpx),
                                                   static_cast<off_t>(count * sizeof(utmpx)));
                                }),
                                "read",
                                path);
        const std::size_t whole = static_cast<std::size_t>(size) / sizeof(utmpx);
        count += whole;
        if (whole < chunk) {
            records.resize(count);
            return records;
        }
    }
}

off_t size_of(const UniqueFd& file, const std::string& path) {
    struct stat status {};
    check(::fstat(file.get(), &status), "look at", path);
    return status.st_size;
}

/// One whole entry, or nothing where the file ends before it.
template <typename Entry>
std::optional<Entry> read_at(const UniqueFd& file, off_t where, const std::string& path) {
    Entry entry{};
    const auto size =
        check(retry_interrupted([&] { return ::pread(file.get(), &entry, sizeof entry, where); }),
              "read",
              path);
    return size == static_cast<ssize_t>(sizeof entry) ? std::optional{entry} : std::nullopt;
}

void write_at(const UniqueFd& file,
              std::span<const std::byte> bytes,
              off_t where,
              const std::string& path) {
    const off_t size_before = size_of(file, path);
    const auto written = check(
        retry_interrupted([&] { return ::pwrite(file.get(), bytes.data(), bytes.size(), where); }),
        "write",
        path);
    if (static_cast<std::size_t>(written) == bytes.size()) {
        return;
    }
    // A full disk: half a record would put every later one out of step.
    if (where + written > size_before) {
        [[maybe_unused]] const int cut = ::ftruncate(file.get(), size_before);
    }
    errno = ENOSPC;
    throw_errno("write", path);
}

}  // namespace

RecordLocked::RecordLocked(const std::string& path, pid_t holder)
    : std::system_error(
          ETIMEDOUT,
          std::generic_category(),
          "lock " + path + (holder > 0 ? " held by process " + std::to_string(holder) : "")),
      holder_(holder) {}

Recorded put_record(const utmpx& record, const std::string& path) {
    const UniqueFd file = open_records(path, Access::write);
    if (!file.is_open()) {
        return Recorded::no_file;
    }
    const RecordLock lock{file, path};
    const Slot slot = choose_slot(records_in(file, path), record);
    utmpx written = record;
    std::fill(std::begin(written.ut_id), std::end(written.ut_id), '\0');
    slot.id.copy(written.ut_id, sizeof written.ut_id);
    write_at(file,
             std::as_bytes(std::span{&written, 1}),
             static_cast<off_t>(slot.index * sizeof(utmpx)),
             path);
    return Recorded::written;
}

Recorded append_record(const utmpx& record, const std::string& path) {
    const UniqueFd file = open_records(path, Access::write);
    if (!file.is_open()) {
        return Recorded::no_file;
    }
    const RecordLock lock{file, path};
    // Rounded down: the rest of a torn record is written over.
    constexpr auto record_size = static_cast<off_t>(sizeof(utmpx));
    const off_t end = size_of(file, path) / record_size * record_size;
    write_at(file, std::as_bytes(std::span{&record, 1}), end, path);
    return Recorded::written;
}

Recorded put_last_login(uid_t user, const utmpx& record, const std::string& path) {
    const UniqueFd file = open_records(path, Access::write);
    if (!file.is_open()) {
        return Recorded::no_file;
    }
    lastlog entry{};
    entry.ll_time = static_cast<decltype(entry.ll_time)>(record.ut_tv.tv_sec);
    std::copy(std::begin(record.ut_line), std::end(record.ut_line), std::begin(entry.ll_line));
    std::copy(std::begin(record.ut_host), std::end(record.ut_host), std::begin(entry.ll_host));
    write_at(file,
             std::as_bytes(std::span{&entry, 1}),
             static_cast<off_t>(user) * static_cast<off_t>(sizeof(lastlog)),
             path);
    return Recorded::written;
}

std::vector<utmpx> read_records(const std::string& path) {
    const UniqueFd file = open_records(path, Access::read);
    return file.is_open() ? records_in(file, path) : std::vector<utmpx>{};
}

std::optional<utmpx> read_last_record(const std::string& path) {
    const UniqueFd file = open_records(path, Access::read);
    if (!file.is_open()) {
        return std::nullopt;
    }
    constexpr auto record_size = static_cast<off_t>(sizeof(utmpx));
    const off_t count = size_of(file, path) / record_size;
    return count == 0 ? std::nullopt : read_at<utmpx>(file, (count - 1) * record_size, path);
}

std::optional<LastLogin> read_last_login(uid_t user, const std::string& path) {
    const UniqueFd file = open_records(path, Access::read);
    if (!file.is_open()) {
        return std::nullopt;
    }
    const auto entry = read_at<lastlog>(
        file, static_cast<off_t>(user) * static_cast<off_t>(sizeof(lastlog)), path);
    if (!entry || entry->ll_time == 0) {
        return std::nullopt;
    }
    // Unsigned: the field is good until 2106.
    const auto seconds = static_cast<std::uint32_t>(entry->ll_time);
    return LastLogin{.when = std::chrono::sys_seconds{std::chrono::seconds{seconds}},
                     .line = std::string{text_of(entry->ll_line)},
                     .host = std::string{text_of(entry->ll_host)}};
}

}  // namespace common
