#include "login/faillog.hpp"

#include "common/syscall.hpp"
#include "common/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <limits>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace login {

namespace {

/// The record of faillog(5), which stands at the place that the uid counts.
struct Record {
    short count;
    short maximum;
    std::array<char, 12> line;
    std::time_t when;
    long lock_time;
};

FailureCount count_in(const Record& record) {
    const auto* const end = std::find(record.line.begin(), record.line.end(), '\0');
    return {.failures = record.count,
            .most = record.maximum,
            .line = std::string{record.line.begin(), end},
            .last = std::chrono::sys_seconds{std::chrono::seconds{record.when}},
            .lock_time = std::chrono::seconds{record.lock_time}};
}

Record record_of(const FailureCount& count) {
    Record record{};
    record.count = count.failures;
    record.maximum = count.most;
    count.line.copy(record.line.data(), record.line.size() - 1);
    record.when = std::chrono::system_clock::to_time_t(count.last);
    record.lock_time =
        std::chrono::duration_cast<std::chrono::duration<long>>(count.lock_time).count();
    return record;
}

common::UniqueFd open_file(const std::string& path, int access) {
    common::UniqueFd file{
        ::open(path.c_str(), access | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY)};
    if (!file.is_open()) {
        if (errno == ENOENT || errno == ENOTDIR) {
            return file;
        }
        common::throw_errno("open", path);
    }
    struct stat status {};
    common::check(::fstat(file.get(), &status), "look at", path);
    if (!S_ISREG(status.st_mode)) {
        errno = EINVAL;
        common::throw_errno("count failures in", path);
    }
    return file;
}

/// Whoever can read the file can hold its lock, and so it is waited for shortly:
/// at worst two failures of one moment count as one.
void lock(const common::UniqueFd& file) {
    constexpr auto moment = std::chrono::milliseconds{10};
    constexpr int tries = 10;
    for (int i = 0; i < tries && ::flock(file.get(), LOCK_EX | LOCK_NB) != 0; ++i) {
        std::this_thread::sleep_for(moment);
    }
}

off_t place_of(uid_t user) {
    return static_cast<off_t>(user) * static_cast<off_t>(sizeof(Record));
}

FailureCount read_count(const common::UniqueFd& file, uid_t user, const std::string& path) {
    Record record{};
    const auto size =
        common::check(::pread(file.get(), &record, sizeof record, place_of(user)), "read", path);
    // Beyond the end, nothing has happened yet; a part of a record is none.
    return size == static_cast<ssize_t>(sizeof record) ? count_in(record) : FailureCount{};
}

}  // namespace

bool is_locked_out(const FailureCount& count, std::chrono::sys_seconds now) {
    if (count.most <= 0 || count.failures < count.most) {
        return false;
    }
    // A clock that was set back lets nobody in earlier.
    return count.lock_time <= std::chrono::seconds{0} || now - count.last < count.lock_time;
}

FailureCount after_failure(FailureCount count,
                           std::string_view line,
                           std::chrono::sys_seconds now) {
    if (count.failures < std::numeric_limits<std::int16_t>::max()) {
        ++count.failures;
    }
    count.line = line;
    count.last = now;
    return count;
}

FailureCount after_success(FailureCount count) {
    count.failures = 0;
    return count;
}

std::optional<FailureCount> change_failure_count(
    uid_t user, const std::function<FailureCount(FailureCount)>& change, const std::string& path) {
    const common::UniqueFd file = open_file(path, O_RDWR);
    if (!file.is_open()) {
        return std::nullopt;
    }
    lock(file);
    FailureCount before = read_count(file, user, path);
    const Record after = record_of(change(before));
    if (common::check(::pwrite(file.get(), &after, sizeof after, place_of(user)), "write", path) !=
        static_cast<ssize_t>(sizeof after)) {
        errno = ENOSPC;
        common::throw_errno("write", path);
    }
    return before;
}

std::optional<FailureCount> read_failure_count(uid_t user, const std::string& path) {
    const common::UniqueFd file = open_file(path, O_RDONLY);
    return file.is_open() ? std::optional{read_count(file, user, path)} : std::nullopt;
}

}  // namespace login
