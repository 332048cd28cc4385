#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace pty {

/// One record of utmp, wtmp or btmp in plain types; utmp(5).
struct Record {
    short type = 0;
    pid_t process = 0;
    std::string line;
    std::string id;
    std::string user;
    std::string host;
    std::int32_t session = 0;
    std::int64_t seconds = 0;
    std::int32_t microseconds = 0;
    short termination = 0;
    short exit_status = 0;
    std::string address;  ///< ut_addr_v6, 16 bytes as they are
};

/// All records of a file, in order. Throws when it ends within a record.
[[nodiscard]] std::vector<Record> records_in(const std::string& path);

/// The last record for a line ("pts/3"), or nothing.
[[nodiscard]] std::optional<Record> last_for_line(const std::vector<Record>& records,
                                                  const std::string& line);

struct LastLogin {
    std::int64_t seconds = 0;
    std::string line;
    std::string host;
};

/// The user's entry in a lastlog file; nothing when it is empty.
[[nodiscard]] std::optional<LastLogin> last_login_in(const std::string& path, uid_t user);

}  // namespace pty
