#include "getty/line_session.hpp"

#include "common/log.hpp"
#include "common/record_file.hpp"
#include "common/text_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <vector>

#include <poll.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace getty {

namespace {

/// As the kernel shows a device to programs (new_encode_dev).
unsigned long encoded(dev_t device) {
    const unsigned long number = minor(device);
    return (number & 0xffU) | (static_cast<unsigned long>(major(device)) << 8U) |
           ((number & ~0xffUL) << 12U);
}

bool has_ended(const common::UniqueFd& leader) {
    pollfd source{.fd = leader.get(), .events = POLLIN, .revents = 0};
    return ::poll(&source, 1, 0) != 0;
}

/// The session of one record, if it lives on the line.
std::optional<LineSession> live_session(const utmpx& record, const common::Terminal& line) {
    // int or long, by the architecture.
    const std::int64_t recorded = record.ut_session;
    const auto id = static_cast<pid_t>(recorded);
    if (id <= 0 || id == ::getsid(0)) {
        return std::nullopt;
    }
    LineSession session{
        .leader = common::UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, id, 0))},
        .id = id,
        .user = std::string{common::text_of(record.ut_user)}};
    if (!session.leader.is_open()) {
        return std::nullopt;
    }
    const auto stat =
        common::read_text_file("/proc/" + std::to_string(session.id) + "/stat").value_or("");
    // Asked after the look: what was read is then about the process we hold.
    if (!leads_session_on(stat, line.device()) || has_ended(session.leader)) {
        return std::nullopt;
    }
    return session;
}

}  // namespace

bool leads_session_on(std::string_view stat, dev_t terminal) {
    // The command's name stands in parentheses and may hold anything.
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string_view::npos) {
        return false;
    }
    unsigned long id = 0;
    std::from_chars(stat.data(), stat.data() + name_end, id);
    stat.remove_prefix(std::min(name_end + 4, stat.size()));  // ") S "
    std::array<unsigned long, 4> parent_group_session_terminal{};
    for (unsigned long& field : parent_group_session_terminal) {
        const auto [end, problem] = std::from_chars(stat.data(), stat.data() + stat.size(), field);
        if (problem != std::errc{}) {
            return false;
        }
        stat.remove_prefix(std::min(static_cast<std::size_t>(end - stat.data()) + 1, stat.size()));
    }
    return id != 0 && parent_group_session_terminal[2] == id &&
           parent_group_session_terminal[3] == encoded(terminal);
}

std::optional<LineSession> session_on(const common::Terminal& line) {
    common::Records records;
    // Whoever lives on the line was recorded before: nobody is writing that.
    common::tolerate("look for a session on the line", [&] {
        records = common::read_records(common::RecordPaths{}.utmp, common::Writers::pass);
    });
    // Not the first only: a login that was killed leaves its record behind.
    for (const utmpx& record : records) {
        if (record.ut_type != USER_PROCESS || common::text_of(record.ut_line) != line.name()) {
            continue;
        }
        if (auto session = live_session(record, line)) {
            return session;
        }
    }
    return std::nullopt;
}

}  // namespace getty
