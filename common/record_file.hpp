#pragma once

#include "common/record.hpp"

#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <sys/types.h>

namespace common {

/// Where records live. Each is written where the file exists and never created:
/// an administrator without utmp does not get one.
struct RecordPaths {
    std::string utmp = "/run/utmp";
    std::string wtmp = "/var/log/wtmp";
    std::string btmp = "/var/log/btmp";
    std::string lastlog = "/var/log/lastlog";
};

enum class Recorded {
    written,
    no_file,  ///< records of this kind are not kept on this machine
};

/// Somebody held the file's lock longer than we wait. `holder()` is the pid, or
/// 0 where the kernel does not say.
class RecordLocked : public std::system_error {
  public:
    RecordLocked(const std::string& path, pid_t holder);
    [[nodiscard]] pid_t holder() const noexcept { return holder_; }

  private:
    pid_t holder_;
};

/// The four below use no signal, no alarm and no static storage, and wait at
/// most 250 ms for a lock, which is an open-file-description lock that the C
/// library's own writers respect (fcntl(2)). A lock for reading, which anybody
/// can take, delays a record but does not keep it out. Every other failure is a
/// std::system_error with the errno of the step that failed, ENOSPC also after
/// a short write, which is taken back. Never call getutxent(3) and its like
/// between them: it would wait for our lock.

/// Writes the record into the slot of its line (choose_slot).
Recorded put_record(const utmpx& record, const std::string& path);
/// Adds the record at the end.
Recorded append_record(const utmpx& record, const std::string& path);
/// Notes a login in lastlog(8).
Recorded put_last_login(uid_t user, const utmpx& record, const std::string& path);
/// All whole records of a file; none if it is absent.
[[nodiscard]] std::vector<utmpx> read_records(const std::string& path);
/// The newest record of a file that only ever grows.
[[nodiscard]] std::optional<utmpx> read_last_record(const std::string& path);

/// What lastlog(8) knows of an account.
struct LastLogin {
    std::chrono::sys_seconds when{};
    std::string line{};
    std::string host{};
};
/// Nothing where the account never logged in.
[[nodiscard]] std::optional<LastLogin> read_last_login(uid_t user, const std::string& path);

}  // namespace common
