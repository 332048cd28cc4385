#include "common/stale_records.hpp"

#include "common/text_file.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <string>

#include <unistd.h>

namespace common {

namespace {

/// Field 22 of proc(5)'s stat, in clock ticks since the machine was started.
std::optional<BootTime> start_of(pid_t process) {
    const std::string path = "/proc/" + std::to_string(process) + "/stat";
    const std::string stat = read_text_file(path).value_or("");
    // The command's name stands in parentheses and may hold anything.
    std::size_t at = stat.rfind(')');
    for (int field = 2; field < 22 && at != std::string::npos; ++field) {
        at = stat.find(' ', at + 1);
    }
    std::int64_t ticks = 0;
    if (at == std::string::npos ||
        std::from_chars(stat.data() + at + 1, stat.data() + stat.size(), ticks).ec != std::errc{}) {
        return std::nullopt;
    }
    const auto ticks_in_second = ::sysconf(_SC_CLK_TCK);
    return ticks_in_second > 0
               ? std::optional{BootTime{ticks * (BootTime::period::den / ticks_in_second)}}
               : std::nullopt;
}

ProcessStart look_at(const utmpx& record) {
    const bool is_there = ::kill(record.ut_pid, 0) == 0 || errno != ESRCH;
    // Only logins are worth more than one call: gettys are one for each line.
    const bool is_worth_it = is_there && record.ut_type == USER_PROCESS;
    return {.is_there = is_there, .started = is_worth_it ? start_of(record.ut_pid) : std::nullopt};
}

Clocks clocks_with(std::span<const utmpx> records) {
    const auto boot = std::find_if(
        records.begin(), records.end(), [](const utmpx& r) { return r.ut_type == BOOT_TIME; });
    return {.now = std::chrono::time_point_cast<std::chrono::microseconds>(
                std::chrono::system_clock::now()),
            .since_boot = time_since_boot(),
            .recorded_boot = boot == records.end() ? std::nullopt : std::optional{time_of(*boot)}};
}

}  // namespace

namespace {

template <typename Wanted>
void end_records_where(const RecordPaths& paths, Wanted wanted) {
    const auto now =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    for (const utmpx& record : read_records(paths.utmp)) {
        const bool is_live = record.ut_type == LOGIN_PROCESS || record.ut_type == USER_PROCESS;
        if (is_live && wanted(record) && end_record(record, now, paths.utmp) &&
            record.ut_type == USER_PROCESS) {
            append_record(ended_record(record, now), paths.wtmp);
        }
    }
}

}  // namespace

void end_records_of(pid_t process, const RecordPaths& paths) {
    end_records_where(paths, [=](const utmpx& record) { return record.ut_pid == process; });
}

void end_records_of(pid_t process, std::string_view line, const RecordPaths& paths) {
    end_records_where(paths, [=](const utmpx& record) {
        return record.ut_pid == process && text_of(record.ut_line) == line;
    });
}

void end_stale_records(const Replacement& replacement,
                       std::string_view line,
                       const RecordPaths& paths) {
    const Clocks clocks = clocks_with(replacement.before);
    for (std::size_t index = 0; index < replacement.before.size(); ++index) {
        const utmpx& record = replacement.before[index];
        const bool is_live = record.ut_type == LOGIN_PROCESS || record.ut_type == USER_PROCESS;
        if (!is_live || record.ut_pid <= 0 || record.ut_pid == ::getpid()) {
            continue;
        }
        const bool is_of_line = text_of(record.ut_line) == line;
        if (!is_of_line && !is_stale(record, look_at(record), clocks)) {
            continue;
        }
        const bool is_ended =
            index == replacement.index || end_record(record, clocks.now, paths.utmp);
        if (is_ended && record.ut_type == USER_PROCESS) {
            append_record(ended_record(record, clocks.now), paths.wtmp);
        }
    }
}

}  // namespace common
