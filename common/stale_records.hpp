#pragma once

#include "common/record_file.hpp"

#include <string_view>

#include <sys/types.h>

namespace common {

/// Ends the records whose processes have gone, also where other programs wrote
/// them, with a logout in wtmp for those of somebody who was logged in: once, by
/// whoever ends the record. `replacement` is what replace_record() came to just
/// now, when this process took `line`: whoever had a record of the line before
/// has left it. What cannot be written stays for the next one.
///
/// A system call for each live record, and a look at /proc for each login.
void end_stale_records(const Replacement& replacement,
                       std::string_view line,
                       const RecordPaths& paths);

/// Ends all records of a process that has ended, or is about to and leaves its lines,
/// with a logout in wtmp for those of somebody who was logged in. What cannot be
/// written stays for the next end_stale_records().
void end_records_of(pid_t process, const RecordPaths& paths);
/// The same for one line's.
void end_records_of(pid_t process, std::string_view line, const RecordPaths& paths);

}  // namespace common
