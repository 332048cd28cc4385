#include "login/sessions/repair.hpp"

#include "common/log.hpp"
#include "common/record_file.hpp"
#include "login/sessions/text_table.hpp"

#include <algorithm>
#include <chrono>

namespace sessions {

namespace {

using common::text_of;

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
    const auto now =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    for (const utmpx& record : records_to_repair(picture)) {
        // Not if a login has taken the slot meanwhile.
        if (!common::end_record(record, now, paths.utmp)) {
            continue;
        }
        if (record.ut_type == USER_PROCESS) {
            common::tolerate("record the logout", [&] {
                common::append_record(common::ended_record(record, now), paths.wtmp);
            });
        }
        report += described(record) + ": marked dead\n";
        common::log(common::Severity::notice, "marked dead: " + described(record));
    }
    return report;
}

}  // namespace sessions
