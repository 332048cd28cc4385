#include "login/sessions/repair.hpp"

#include "common/log.hpp"
#include "common/record_file.hpp"
#include "login/sessions/text_table.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace sessions {

namespace {

using common::text_of;

bool is_still_there(const utmpx& record, const std::string& path) {
    const auto records = common::read_records(path);
    return std::any_of(records.begin(), records.end(), [&](const utmpx& other) {
        // The bytes of the file, as both were read.
        // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison)
        return std::memcmp(&other, &record, sizeof record) == 0;
    });
}

utmpx dead_record(const utmpx& record) {
    utmpx dead =
        common::logout_record({.line = text_of(record.ut_line),
                               .id = text_of(record.ut_id),
                               .process = record.ut_pid,
                               .session = static_cast<pid_t>(record.ut_session),
                               .when = std::chrono::time_point_cast<std::chrono::microseconds>(
                                   std::chrono::system_clock::now())});
    dead.ut_exit = record.ut_exit;
    return dead;
}

std::string described(const utmpx& record) {
    return cell(text_of(record.ut_user)) + " on " + cell(text_of(record.ut_line)) + " (process " +
           std::to_string(record.ut_pid) + ")";
}

}  // namespace

std::vector<utmpx> records_to_repair(const Picture& picture) {
    std::vector<utmpx> wrong;
    std::copy_if(picture.records.begin(),
                 picture.records.end(),
                 std::back_inserter(wrong),
                 [&](const utmpx& record) {
                     return is_about_somebody(record) &&
                            agreement_of(record, picture.kernel()) != Agreement::ok;
                 });
    return wrong;
}

std::string repair(const Picture& picture) {
    const common::RecordPaths paths;
    std::string report;
    for (const utmpx& record : records_to_repair(picture)) {
        // A login may have taken the slot meanwhile; put_record() goes by the
        // line where it does not find the process.
        if (!is_still_there(record, paths.utmp)) {
            continue;
        }
        const utmpx dead = dead_record(record);
        common::put_record(dead, paths.utmp);
        if (record.ut_type == USER_PROCESS) {
            common::tolerate("record the logout", [&] { common::append_record(dead, paths.wtmp); });
        }
        report += described(record) + ": marked dead\n";
        common::log(common::Severity::notice, "marked dead: " + described(record));
    }
    return report;
}

}  // namespace sessions
