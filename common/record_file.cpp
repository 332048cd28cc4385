#include "common/record_file.hpp"

#include "common/log.hpp"
#include "common/safe_text.hpp"
#include "common/syscall.hpp"
#include "common/text_file.hpp"
#include "common/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <limits>
#include <span>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <lastlog.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define TTYGATE_KNOWS_SINGLE_THREADED 1
#else
#define TTYGATE_KNOWS_SINGLE_THREADED 0
#endif

namespace common {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Set before there is a second thread.
bool is_without_size_signal = false;

#ifndef TTYGATE_KEEPS_RECORDS
#define TTYGATE_KEEPS_RECORDS 1
#endif
constexpr bool keeps_records = TTYGATE_KEEPS_RECORDS != 0;

/// How long a lock is waited for.
struct Patience {
    std::chrono::milliseconds with_writers;
    /// Three files at a login: together less than one patience with writers.
    std::chrono::milliseconds with_readers;
    std::chrono::milliseconds when_reading;
};
/// Set before there is a second thread.
Patience patience{.with_writers = 250ms, .with_readers = 60ms, .when_reading = 20ms};

constexpr auto record_size = static_cast<off_t>(sizeof(utmpx));
/// Of utmp, whose lines are a few thousand at most: 24 MiB.
constexpr std::size_t most_records = 65'536;
static_assert(sizeof(off_t) == 8, "lastlog is larger than 2 GiB");
// 400 on arm64 and a few others. In a C library before 2.40, _TIME_BITS=64 makes its
// times, but nobody else's, longer.
static_assert(sizeof(utmpx) == 384 || sizeof(utmpx) == 400,
              "no program's records are of this size");

enum class Access { read, write };

/// Absent is an answer, everything else a failure. O_NONBLOCK: a FIFO of that
/// name must not hold a login.
UniqueFd open_records(const std::string& path, Access access) {
    if constexpr (!keeps_records) {
        return {};
    }
    const int mode = access == Access::write ? O_RDWR : O_RDONLY;
    UniqueFd file{retry_interrupted(
        [&] { return ::open(path.c_str(), mode | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); })};
    if (!file.is_open() && errno != ENOENT) {
        throw_errno("open", path);
    }
    return file;
}

/// What there is to know of a file but its times: whoever asks for those (fstat(2)
/// does) makes the kernel keep finer ones, and the next write a third dearer
/// (Linux 6.13).
struct FileStatus {
    mode_t mode = 0;
    std::uint32_t names = 0;
    off_t size = 0;
    dev_t device = 0;
    std::uint64_t number = 0;  ///< of its inode

    [[nodiscard]] bool is_of_same_file(const FileStatus& other) const {
        return device == other.device && number == other.number;
    }
};

/// By descriptor where `path` is empty. Nothing, with errno, where there is none.
std::optional<FileStatus> status_at(int directory, const char* path) {
    constexpr unsigned wanted = STATX_TYPE | STATX_MODE | STATX_NLINK | STATX_SIZE | STATX_INO;
    struct statx found {};
    if (::statx(directory, path, AT_EMPTY_PATH, wanted, &found) != 0) {
        return std::nullopt;
    }
    return FileStatus{.mode = found.stx_mode,
                      .names = found.stx_nlink,
                      .size = static_cast<off_t>(found.stx_size),
                      .device = makedev(found.stx_dev_major, found.stx_dev_minor),
                      .number = found.stx_ino};
}

/// Of a regular file, which alone can keep records.
FileStatus status_of(const UniqueFd& file, const std::string& path) {
    const auto status = status_at(file.get(), "");
    if (!status) {
        throw_errno("look at", path);
    }
    if (!S_ISREG(status->mode)) {
        errno = EINVAL;
        throw_errno("keep records in", path);
    }
    return *status;
}

struct flock range_of(short type, off_t start, off_t length) {
    struct flock range {};
    range.l_type = type;
    range.l_whence = SEEK_SET;
    range.l_start = start;
    range.l_len = length;
    return range;
}

struct flock whole_file(short type) {
    return range_of(type, 0, 0);
}

/// Takes or changes a lock if nobody is in the way.
bool lock_now(const UniqueFd& file, struct flock range) {
    if (::fcntl(file.get(), F_OFD_SETLK, &range) == 0) {
        return true;
    }
    if (errno != EAGAIN && errno != EACCES && errno != EINTR) {
        throw_errno("lock", "the records");
    }
    return false;
}

/// Who keeps us from such a lock, if anybody; -1 where the kernel knows no
/// process, for a lock like our own.
std::optional<pid_t> holder_against(const UniqueFd& file, short type) {
    struct flock holder = whole_file(type);
    const bool is_known =
        ::fcntl(file.get(), F_OFD_GETLK, &holder) == 0 && holder.l_type != F_UNLCK;
    return is_known ? std::optional{holder.l_pid} : std::nullopt;
}

/// Surely: where the C library does not say, it is not sure.
bool is_single_threaded() {
#if TTYGATE_KNOWS_SINGLE_THREADED
    return __libc_single_threaded != 0;
#else
    return false;
#endif
}

/// Our own lock file, or nothing where there is no place for it that is only ours.
UniqueFd open_writers_lock(const std::string& path) {
    const std::string directory = path.substr(0, path.rfind('/'));
    ::mkdir(directory.c_str(), S_IRWXU);
    struct stat status {};
    if (::lstat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) ||
        status.st_uid != ::geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return {};
    }
    return UniqueFd{::open(
        path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, S_IRUSR | S_IWUSR)};
}

/// Once in a process: whoever holds it holds it against every record.
void tell_of_reader(std::optional<pid_t> reader, const std::string& path) {
    static std::atomic_flag is_told;
    if (is_told.test_and_set()) {
        return;
    }
    std::string who = "somebody";
    if (reader.value_or(0) > 0) {
        const std::string directory = "/proc/" + std::to_string(*reader);
        struct stat status {};
        const bool is_there = ::stat(directory.c_str(), &status) == 0;
        std::string command = read_text_file(directory + "/comm").value_or("");
        command.resize(std::min(command.size(), command.find('\n')));
        who =
            "process " + std::to_string(*reader) +
            (is_there ? " of user " + std::to_string(status.st_uid) + ", " + quoted(command) : "");
    }
    log(Severity::warning, path + " is locked for reading by " + who + ": written all the same");
}

/// The lock of one open file of records, until the end of scope.
class RecordLock {
  public:
    RecordLock(const UniqueFd& file, const std::string& path, const std::string& writers_lock)
        : file_(file) {
        if (lock_within(1)) {
            return;
        }
        has_waited_ = true;
        const auto begun = Clock::now();
        bool tells = true;
        // Whoever has the lock, for a few microseconds, may be waiting for this processor.
        ::sched_yield();
        int tries = 1;
        for (const auto* wait = waits.begin(); !lock_within(tries); ++wait) {
            const auto now = Clock::now();
            if (now - begun >= patience.with_readers &&
                lock_beside_readers(path, writers_lock, tells)) {
                return;
            }
            if (now - begun >= patience.with_writers) {
                throw RecordLocked{path,
                                   std::max(holder_against(file_, F_RDLCK).value_or(0), pid_t{0})};
            }
            wait -= wait == waits.end() ? 1 : 0;
            std::this_thread::sleep_for(
                std::min<Clock::duration>(wait->pause, patience.with_writers - (now - begun)));
            tries = wait->tries;
        }
    }
    /// For reading. Without it after a while: what is read may then be half old.
    explicit RecordLock(const UniqueFd& file) : file_(file) {
        if (lock_now(file_, whole_file(F_RDLCK))) {
            return;
        }
        constexpr auto longest_pause = 1ms;
        const auto begun = Clock::now();
        std::chrono::microseconds pause = 50us;
        while (!lock_now(file_, whole_file(F_RDLCK)) &&
               Clock::now() - begun < patience.when_reading) {
            std::this_thread::sleep_for(pause);
            pause = std::min<std::chrono::microseconds>(2 * pause, longest_pause);
        }
    }
    RecordLock(const RecordLock&) = delete;
    RecordLock(RecordLock&&) = delete;
    RecordLock& operator=(const RecordLock&) = delete;
    RecordLock& operator=(RecordLock&&) = delete;
    /// Where another thread may have forked, this is said and not left to
    /// close(2): the child has the descriptors too.
    ~RecordLock() {
        if (!is_single_threaded()) {
            release(writers_);
            release(file_);
        }
    }

    [[nodiscard]] bool has_waited() const { return has_waited_; }

  private:
    struct Wait {
        std::chrono::microseconds pause;
        int tries;
    };
    /// Many writers are fastest one after the other, each with many updates: the
    /// second pause leaves the file to whoever is at it. Whoever has waited longer
    /// tries more often.
    static constexpr std::array<Wait, 5> waits{
        {{200us, 2}, {8ms, 3}, {4ms, 5}, {2ms, 10}, {1ms, 20}}};

    /// Asleep between two tries, which a busy machine thanks for better than
    /// sched_yield(2).
    [[nodiscard]] bool lock_within(int tries) const {
        while (!lock_now(file_, whole_file(F_WRLCK))) {
            if (--tries == 0) {
                return false;
            }
            std::this_thread::sleep_for(20us);
        }
        return true;
    }
    static void release(const UniqueFd& file) {
        if (file.is_open()) {
            struct flock range = whole_file(F_UNLCK);
            ::fcntl(file.get(), F_OFD_SETLK, &range);
        }
    }

    /// Readers cannot be hurt by a whole record that changes in one write.
    bool lock_beside_readers(const std::string& path,
                             const std::string& writers_lock,
                             bool& tells) {
        const auto reader = holder_against(file_, F_WRLCK);
        if (!lock_now(file_, whole_file(F_RDLCK))) {
            return false;  // a writer is inside
        }
        if (!writers_.is_open()) {
            writers_ = open_writers_lock(writers_lock);
        }
        const auto status = status_at(file_.get(), "");
        constexpr std::uint64_t largest = std::numeric_limits<off_t>::max();
        if (writers_.is_open() && status &&
            !lock_now(writers_,
                      range_of(F_WRLCK, static_cast<off_t>(status->number % largest), 1))) {
            release(file_);
            return false;
        }
        if (std::exchange(tells, false)) {
            tell_of_reader(reader, path);
        }
        return true;
    }

    const UniqueFd& file_;
    UniqueFd writers_;
    bool has_waited_ = false;
};

/// A file of records that nobody else writes to as long as this lives.
class LockedRecords {
  public:
    LockedRecords(const std::string& path, const std::string& writers_lock) : path_(path) {
        constexpr int attempts = 3;
        for (int attempt = 0; attempt < attempts; ++attempt) {
            lock_.reset();
            file_ = open_records(path, Access::write);
            if (!file_.is_open()) {
                return;
            }
            lock_.emplace(file_, path, writers_lock);
            status_ = status_of(file_, path);
            if (is_still_named()) {
                return;
            }
        }
        errno = ESTALE;
        throw_errno("keep up with the changes of", path);
    }

    [[nodiscard]] bool is_there() const { return file_.is_open(); }
    [[nodiscard]] const UniqueFd& file() const { return file_; }
    [[nodiscard]] const FileStatus& status() const { return status_; }

    /// All whole records. EFBIG where there are more than any machine has.
    [[nodiscard]] Records all() const {
        if (status_.size / record_size > static_cast<off_t>(most_records)) {
            errno = EFBIG;
            throw_errno("look for a line in", path_);
        }
        return records_in(file_, status_.size, path_);
    }

    void write(const utmpx& record, std::size_t index) const {
        const auto where = static_cast<off_t>(index) * record_size;
        if (where > status_.size && status_.size % record_size != 0) {
            // The rest of a torn record, that is written over otherwise.
            check(::ftruncate(file_.get(), status_.size / record_size * record_size), "cut", path_);
        }
        write(std::as_bytes(std::span{&record, 1}), where);
    }

    void write(std::span<const std::byte> bytes, off_t where) const {
        // What was added and did not fit is cut off again; in the middle of the file
        // it would be torn.
        if (!is_without_size_signal || where < status_.size) {
            require_room_in_limit(where + static_cast<off_t>(bytes.size()));
        }
        // What is missing after a short write is asked for again, to learn why.
        for (std::size_t done = 0; done < bytes.size();) {
            const auto written = retry_interrupted([&] {
                return ::pwrite(file_.get(),
                                bytes.data() + done,
                                bytes.size() - done,
                                where + static_cast<off_t>(done));
            });
            if (written <= 0) {
                fail_after(where + static_cast<off_t>(done), written == 0 ? ENOSPC : errno);
            }
            done += static_cast<std::size_t>(written);
        }
    }

    static Records records_in(const UniqueFd& file, off_t size, const std::string& path) {
        Records records(std::min(static_cast<std::size_t>(size / record_size), most_records));
        std::size_t count = 0;
        while (count < records.size()) {
            const auto read = check(retry_interrupted([&] {
                                        return ::pread(file.get(),
                                                       &records[count],
                                                       (records.size() - count) * sizeof(utmpx),
                                                       static_cast<off_t>(count) * record_size);
                                    }),
                                    "read",
                                    path);
            const std::size_t whole = static_cast<std::size_t>(read) / sizeof(utmpx);
            count += whole;
            if (whole == 0) {
                records.resize(count);
            }
        }
        return records;
    }

  private:
    /// A file renamed without our having waited might have been a moment later:
    /// what is written is there under the new name.
    [[nodiscard]] bool is_still_named() const {
        if (!lock_->has_waited() && status_.names > 0) {
            return true;
        }
        const auto named = status_at(AT_FDCWD, path_.c_str());
        return named && named->is_of_same_file(status_);
    }

    /// The kernel says it with SIGXFSZ, which ends a process.
    void require_room_in_limit(off_t end) const {
        rlimit limit{};
        if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
            static_cast<rlim_t>(end) > limit.rlim_cur) {
            errno = EFBIG;
            throw_errno("write", path_);
        }
    }

    /// Half a record would put every later one out of step.
    [[noreturn]] void fail_after(off_t end, int problem) const {
        if (end > status_.size) {
            [[maybe_unused]] const int cut = ::ftruncate(file_.get(), status_.size);
        }
        errno = problem;
        throw_errno("write", path_);
    }

    const std::string& path_;
    UniqueFd file_;
    std::optional<RecordLock> lock_;
    FileStatus status_{};
};

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

/// Whoever writes a record anew changes one of these.
bool is_unchanged(const utmpx& now, const utmpx& before) {
    return now.ut_type == before.ut_type && now.ut_pid == before.ut_pid &&
           time_of(now) == time_of(before) && stamp_of(now) == stamp_of(before) &&
           text_of(now.ut_line) == text_of(before.ut_line) &&
           text_of(now.ut_id) == text_of(before.ut_id) &&
           text_of(now.ut_user) == text_of(before.ut_user);
}

enum class Readers { anybody, not_others };

Recorded append(const utmpx& record,
                const std::string& path,
                const std::string& writers_lock,
                Readers allowed) {
    const LockedRecords file{path, writers_lock};
    if (!file.is_there()) {
        return Recorded::no_file;
    }
    if (allowed == Readers::not_others && (file.status().mode & S_IRWXO) != 0) {
        errno = EPERM;
        throw_errno("keep what others may read in", path);
    }
    // Rounded down: the rest of a torn record is written over.
    const auto count = static_cast<std::size_t>(file.status().size / record_size);
    // lastb(1) shows whatever is there, an EMPTY record too: none is left out in btmp.
    file.write(record, allowed == Readers::not_others ? count : next_index(count));
    return Recorded::written;
}

}  // namespace

RecordLocked::RecordLocked(const std::string& path, pid_t holder)
    : std::system_error(
          ETIMEDOUT,
          std::generic_category(),
          "lock " + path + (holder > 0 ? " held by process " + std::to_string(holder) : "")),
      holder_(holder) {}

Recorded put_record(const utmpx& record, const std::string& path, const std::string& writers_lock) {
    return replace_record(record, path, writers_lock).outcome;
}

Replacement replace_record(const utmpx& record,
                           const std::string& path,
                           const std::string& writers_lock) {
    const LockedRecords file{path, writers_lock};
    if (!file.is_there()) {
        return {};
    }
    Replacement replacement{.outcome = Recorded::written, .before = file.all()};
    const Slot slot = choose_slot(replacement.before, record);
    replacement.index = slot.index;
    utmpx written = record;
    std::fill(std::begin(written.ut_id), std::end(written.ut_id), '\0');
    slot.id.copy(written.ut_id, sizeof written.ut_id);
    stamp(written, time_since_boot());
    file.write(written, slot.index);
    if (slot.left) {
        file.write(utmpx{}, *slot.left);
    }
    return replacement;
}

bool end_record(const utmpx& seen,
                RecordTime when,
                const std::string& path,
                const std::string& writers_lock) {
    const LockedRecords file{path, writers_lock};
    if (!file.is_there()) {
        return false;
    }
    const Records records = file.all();
    const auto found = std::find_if(
        records.begin(), records.end(), [&](const utmpx& r) { return is_unchanged(r, seen); });
    if (found == records.end()) {
        return false;
    }
    file.write(ended_record(seen, when), static_cast<std::size_t>(found - records.begin()));
    return true;
}

Recorded append_record(const utmpx& record,
                       const std::string& path,
                       const std::string& writers_lock) {
    return append(record, path, writers_lock, Readers::anybody);
}

void append_unless(const utmpx& record,
                   const std::function<bool(const utmpx& last)>& is_there,
                   const std::string& path,
                   const std::string& writers_lock) {
    const LockedRecords file{path, writers_lock};
    if (!file.is_there()) {
        return;
    }
    const off_t count = file.status().size / record_size;
    const auto last =
        count == 0 ? std::nullopt : read_at<utmpx>(file.file(), (count - 1) * record_size, path);
    if (!last || !is_there(*last)) {
        file.write(record, next_index(static_cast<std::size_t>(count)));
    }
}

Recorded append_secret_record(const utmpx& record,
                              const std::string& path,
                              const std::string& writers_lock) {
    return append(record, path, writers_lock, Readers::not_others);
}

Recorded put_last_login(uid_t user,
                        const utmpx& record,
                        const std::string& path,
                        const std::string& writers_lock) {
    const LockedRecords file{path, writers_lock};
    if (!file.is_there()) {
        return Recorded::no_file;
    }
    lastlog entry{};
    entry.ll_time = static_cast<decltype(entry.ll_time)>(record.ut_tv.tv_sec);
    std::copy(std::begin(record.ut_line), std::end(record.ut_line), std::begin(entry.ll_line));
    std::copy(std::begin(record.ut_host), std::end(record.ut_host), std::begin(entry.ll_host));
    file.write(std::as_bytes(std::span{&entry, 1}),
               static_cast<off_t>(user) * static_cast<off_t>(sizeof(lastlog)));
    return Recorded::written;
}

void hurry_with_records() noexcept {
    patience = {.with_writers = 5ms, .with_readers = 0ms, .when_reading = 5ms};
}

void expect_no_size_signal() noexcept {
    is_without_size_signal = true;
}

BootTime time_since_boot() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::duration_cast<BootTime>(std::chrono::seconds{now.tv_sec} +
                                                std::chrono::nanoseconds{now.tv_nsec});
}

Records read_records(const std::string& path, Writers writers) {
    const UniqueFd file = open_records(path, Access::read);
    if (!file.is_open()) {
        return {};
    }
    std::optional<RecordLock> lock;
    if (writers == Writers::wait_for) {
        lock.emplace(file);
    }
    return LockedRecords::records_in(file, status_of(file, path).size, path);
}

std::optional<utmpx> read_last_record(const std::string& path) {
    const UniqueFd file = open_records(path, Access::read);
    if (!file.is_open()) {
        return std::nullopt;
    }
    const off_t count = status_of(file, path).size / record_size;
    return count == 0 ? std::nullopt : read_at<utmpx>(file, (count - 1) * record_size, path);
}

bool read_backwards(const std::string& path,
                    std::size_t most,
                    const std::function<bool(const utmpx&)>& goes_on) {
    const UniqueFd file = open_records(path, Access::read);
    if (!file.is_open()) {
        return true;
    }
    const auto count = static_cast<std::size_t>(status_of(file, path).size / record_size);
    // Small: the stack of a login stays as large as it once was.
    std::array<utmpx, 16> block{};
    std::size_t seen = 0;
    while (seen < std::min(count, most)) {
        const std::size_t length = std::min({block.size(), count - seen, most - seen});
        const auto place = static_cast<off_t>(count - seen - length) * record_size;
        const auto size = retry_interrupted(
            [&] { return ::pread(file.get(), block.data(), length * sizeof(utmpx), place); });
        check(size, "read", path);
        if (size != static_cast<ssize_t>(length * sizeof(utmpx))) {
            // Rotated away under us.
            return true;
        }
        for (std::size_t i = length; i > 0; --i) {
            if (!goes_on(block.at(i - 1))) {
                return true;
            }
        }
        seen += length;
    }
    return count <= most;
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
