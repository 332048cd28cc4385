#pragma once

#include "common/record.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace common {

/// Where records live. Each is written where the file exists and never created:
/// an administrator without utmp does not get one. Built with -Dutmpx=none, there
/// is no file of records anywhere.
struct RecordPaths {
    std::string utmp = "/run/utmp";
    std::string wtmp = "/var/log/wtmp";
    std::string btmp = "/var/log/btmp";
    std::string lastlog = "/var/log/lastlog";
};

/// Leaves what it makes room for as it is: whoever resizes reads records into it,
/// and a page of zeros before costs as much as the reading.
template <typename Value>
struct UnsetAllocator : std::allocator<Value> {
    template <typename Other>
    struct rebind {  // NOLINT(readability-identifier-naming): the standard's name
        using other = UnsetAllocator<Other>;
    };
    template <typename Other, typename... Arguments>
    void construct(Other* place, Arguments&&... arguments) {
        if constexpr (sizeof...(Arguments) == 0) {
            ::new (static_cast<void*>(place)) Other;
        } else {
            ::new (static_cast<void*>(place)) Other(std::forward<Arguments>(arguments)...);
        }
    }
};
using Records = std::vector<utmpx, UnsetAllocator<utmpx>>;

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

/// The lock of those of us who write beside a lock for reading: root's, in a
/// directory of root's, so that nobody else can hold it. Each file of records is
/// one byte of it. Made when it is first needed.
constexpr const char* default_writers_lock = "/run/ttygate/records.lock";

/// The writers below use no signal and no alarm, are for any thread, and take
/// 250 ms at most: so long they wait for the file's lock, an open-file-description
/// lock that the C library's own writers respect (fcntl(2)). A lock for reading,
/// which anybody can take, keeps a record out for 60 ms: then we write beside
/// it, holding one ourselves (no writer of the C library gets in) and the writers'
/// lock (nor one of ours). A file that was renamed while we waited (logrotate(8))
/// is opened anew. No record lies across two pages, so none is ever torn. Every other
/// failure is a std::system_error with the errno of the step that failed: EFBIG
/// instead of SIGXFSZ, and ENOSPC or EDQUOT also after a short write, which is
/// taken back, and EFBIG where a line's slot is looked for among more than 65,536
/// records. Never call getutxent(3) and its like between them: it would wait
/// for our lock.

/// From here on the writers of this process wait 5 ms at most and for no reader: it has
/// others to serve, and can come back.
void hurry_with_records() noexcept;

/// Writes the record, stamped, into the slot of its line (choose_slot).
Recorded put_record(const utmpx& record,
                    const std::string& path,
                    const std::string& writers_lock = default_writers_lock);
/// The same, for whoever wants to know what was there.
struct Replacement {
    Recorded outcome = Recorded::no_file;
    Records before{};       ///< all records, as they were before
    std::size_t index = 0;  ///< of the new one
};
Replacement replace_record(const utmpx& record,
                           const std::string& path,
                           const std::string& writers_lock = default_writers_lock);
/// Ends a stale record (ended_record), unless somebody changed it since it was
/// seen. Returns whether it was us who ended it.
bool end_record(const utmpx& seen,
                RecordTime when,
                const std::string& path,
                const std::string& writers_lock = default_writers_lock);
/// Adds the record at the end.
Recorded append_record(const utmpx& record,
                       const std::string& path,
                       const std::string& writers_lock = default_writers_lock);
/// Adds it unless the record at the end, which `is_there` is shown, is the same.
void append_unless(const utmpx& record,
                   const std::function<bool(const utmpx& last)>& is_there,
                   const std::string& path,
                   const std::string& writers_lock = default_writers_lock);
/// The same where a name may turn out to be a password: EPERM, and nothing is
/// written, where others may read or change the file. It follows the last one at once, also
/// across pages: a writer that is killed leaves less than a record there, for the next.
Recorded append_secret_record(const utmpx& record,
                              const std::string& path,
                              const std::string& writers_lock = default_writers_lock);
/// Notes a login in lastlog(8).
Recorded put_last_login(uid_t user,
                        const utmpx& record,
                        const std::string& path,
                        const std::string& writers_lock = default_writers_lock);
/// By the clock that records are stamped with.
[[nodiscard]] BootTime time_since_boot();

/// From here on a file that must not grow is an errno in this process and not
/// SIGXFSZ, which is ignored: nobody has to look at the limit before a record that
/// is added.
void expect_no_size_signal() noexcept;

enum class Writers { wait_for, pass };
/// All whole records of a file, the first 65,536 of a larger one; none if it is
/// absent. Waits for a writer, 20 ms at most, unless told to pass: for whoever looks
/// for a record that nobody is writing.
[[nodiscard]] Records read_records(const std::string& path, Writers writers = Writers::wait_for);
/// The newest record of a file that only ever grows.
[[nodiscard]] std::optional<utmpx> read_last_record(const std::string& path);
/// Goes through the newest records of a file that only ever grows, from the end,
/// until `goes_on` says no, `most` have been seen, or there are no more. Returns
/// false where it was `most` that ended it.
bool read_backwards(const std::string& path,
                    std::size_t most,
                    const std::function<bool(const utmpx&)>& goes_on);

/// What lastlog(8) knows of an account.
struct LastLogin {
    std::chrono::sys_seconds when{};
    std::string line{};
    std::string host{};
};
/// Nothing where the account never logged in.
[[nodiscard]] std::optional<LastLogin> read_last_login(uid_t user, const std::string& path);

}  // namespace common
