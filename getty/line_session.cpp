#include "getty/line_session.hpp"

#include "common/log.hpp"
#include "common/process_table.hpp"
#include "common/record_file.hpp"
#include "common/text_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace getty {

namespace {

using namespace std::chrono_literals;

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

/// The session, if it lives on the line.
std::optional<LineSession> live_session(pid_t id, std::string user, const common::Terminal& line) {
    if (id <= 0 || id == ::getsid(0)) {
        return std::nullopt;
    }
    LineSession session{
        .leader = common::UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, id, 0))},
        .id = id,
        .user = std::move(user)};
    if (!session.leader.is_open()) {
        return std::nullopt;
    }
    const auto stat =
        common::read_text_file("/proc/" + std::to_string(session.id) + "/stat").value_or("");
    // Asked after the look: what was read is then about the process we hold.
    if (!leads_session_on(stat, line.real_device()) || has_ended(session.leader)) {
        return std::nullopt;
    }
    return session;
}

/// Those that lead a session with a terminal. Read once for all lines of a start: a walk
/// through /proc takes milliseconds.
const std::vector<common::ProcessEntry>& leaders() {
    static std::vector<common::ProcessEntry> kept;
    static std::optional<std::chrono::steady_clock::time_point> read_at;
    const auto now = std::chrono::steady_clock::now();
    if (!read_at || now - *read_at >= 1s) {
        auto all = common::ProcessTable{}.read();
        std::erase_if(all, [](const common::ProcessEntry& process) {
            return process.terminal == 0 || process.session != process.id;
        });
        all.shrink_to_fit();
        kept = std::move(all);
        read_at = now;
    }
    return kept;
}

/// Each mount of devpts counts its pseudo terminals from 0, a container's too. Whoever leads
/// may have a file of a file system of their own there, which answers when it likes: only
/// what the kernel knows by itself is asked for.
bool is_same_mount(const common::Terminal& line, pid_t process) {
    if (!line.is_pseudo_terminal()) {
        return true;
    }
    const std::string theirs = "/proc/" + std::to_string(process) + "/fd/0";
    struct stat ours {};
    struct statx found {};
    return ::fstat(line.descriptor(), &ours) == 0 &&
           ::statx(AT_FDCWD,
                   theirs.c_str(),
                   AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
                   STATX_TYPE,
                   &found) == 0 &&
           ours.st_dev == ::makedev(found.stx_dev_major, found.stx_dev_minor) &&
           ours.st_rdev == ::makedev(found.stx_rdev_major, found.stx_rdev_minor);
}

/// A user's process can have any name, and take a line that is left: only root's is
/// believed to be the login that a session is from.
bool is_from_login(const common::ProcessEntry& leader,
                   std::string_view program,
                   const common::ProcessTable& processes) {
    constexpr std::size_t longest_command = 15;
    const std::string_view name = program.substr(program.rfind('/') + 1).substr(0, longest_command);
    const auto parent = processes.find(leader.parent);
    return parent && !parent->has_ended() && parent->command == name &&
           processes.user(parent->id) == uid_t{0};
}

std::optional<LineSession> session_without_record(const common::Terminal& line,
                                                  std::string_view login_program) {
    for (const common::ProcessEntry& leader : leaders()) {
        if (leader.terminal != line.real_device() || !is_same_mount(line, leader.id)) {
            continue;
        }
        const common::ProcessTable processes;
        if (!is_from_login(leader, login_program, processes)) {
            continue;
        }
        // Its name would have to be asked for at directory servers.
        const auto user = processes.user(leader.id);
        if (auto session =
                live_session(leader.id, user ? std::to_string(*user) : std::string{"?"}, line)) {
            return session;
        }
    }
    return std::nullopt;
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

std::optional<LineSession> session_on(const common::Terminal& line, const SessionSearch& search) {
    common::Records records;
    // Whoever lives on the line was recorded before: nobody is writing that.
    common::tolerate("look for a session on the line", [&] {
        records = common::read_records(common::RecordPaths{}.utmp, common::Writers::pass);
    });
    bool is_known = false;
    // Not the first only: a login that was killed leaves its record behind.
    for (const utmpx& record : records) {
        if (common::text_of(record.ut_line) != line.name()) {
            continue;
        }
        is_known = true;
        const bool is_asking = record.ut_type == LOGIN_PROCESS && search.visit == Visit::again;
        if (record.ut_type != USER_PROCESS && !is_asking) {
            continue;
        }
        // int or long, by the architecture.
        const std::int64_t id = is_asking ? record.ut_pid : record.ut_session;
        const std::string user = is_asking ? "" : std::string{common::text_of(record.ut_user)};
        if (auto session = live_session(static_cast<pid_t>(id), user, line)) {
            return session;
        }
    }
    if (is_known || search.visit == Visit::again || search.company == Company::alone) {
        return std::nullopt;
    }
    std::optional<LineSession> session;
    common::tolerate("look for a session without a record on the line",
                     [&] { session = session_without_record(line, search.login_program); });
    return session;
}

}  // namespace getty
