#include "login/sessions/machine.hpp"

#include "common/directory.hpp"
#include "common/text_file.hpp"
#include "login/sessions/escaped.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <csignal>
#include <map>

#include <nss.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace sessions {

using common::ProcessEntry;

namespace {

constexpr unsigned pseudo_terminals = 136;  // UNIX98_PTY_SLAVE_MAJOR

/// Pseudo terminals are not in /sys. Another devpts may have the same numbers:
/// the kernel does not say whose they are.
std::string line_of(dev_t terminal) {
    if (major(terminal) == pseudo_terminals) {
        return "pts/" + std::to_string(minor(terminal));
    }
    std::string numbers = std::to_string(major(terminal)) + ":" + std::to_string(minor(terminal));
    std::array<char, PATH_MAX> target{};
    const auto length =
        ::readlink(("/sys/dev/char/" + numbers).c_str(), target.data(), target.size());
    if (length <= 0) {
        return numbers;
    }
    std::string name{target.data(), static_cast<std::size_t>(length)};
    name.erase(0, name.rfind('/') + 1);
    // As sysfs writes a slash in a device's name.
    std::replace(name.begin(), name.end(), '!', '/');
    return name;
}

/// Since the line was last read from: somebody typed.
std::optional<std::chrono::seconds> idle_time(const TerminalSession& session) {
    struct stat status {};
    if (::stat(("/dev/" + session.line).c_str(), &status) != 0 || !S_ISCHR(status.st_mode) ||
        status.st_rdev != session.leader.terminal) {
        return std::nullopt;
    }
    const auto now =
        std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto idle = now.time_since_epoch() - std::chrono::seconds{status.st_atim.tv_sec};
    return std::max(idle, std::chrono::seconds{0});
}

/// By uid, since that is all a process has: for a person to read, and nothing
/// is decided by it.
std::string name_of(uid_t user) {
#if TTYGATE_STATIC
    // As login's use_local_accounts(): no module is loaded into a static program.
    static const int is_local = ::__nss_configure_lookup("passwd", "files");
    static_cast<void>(is_local);
#endif
    std::array<char, 16384> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    // By the C library, in its time: who asks has a shell, and nobody waits for it.
    const int problem = ::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found);
    return problem == 0 && found != nullptr ? entry.pw_name : std::to_string(user);
}

/// A value of logind's file about a session.
std::string_view value_of(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.starts_with(key)) {
            return line.substr(key.size());
        }
    }
    return {};
}

/// Where a person comes from, by logind: nothing if its file is about another user.
std::string host_by_logind(const std::string& cgroup, uid_t user) {
    const std::size_t begin = cgroup.rfind("/session-");
    if (begin == std::string::npos) {
        return {};
    }
    std::string id = cgroup.substr(begin + std::string_view{"/session-"}.size());
    id.resize(id.size() - std::min(id.size(), std::string_view{".scope"}.size()));
    const std::string text = common::read_text_file("/run/systemd/sessions/" + id).value_or("");
    return value_of(text, "UID=") == std::to_string(user)
               ? std::string{value_of(text, "REMOTE_HOST=")}
               : std::string{};
}

void add_processes_in(const std::string& directory, unsigned depth, std::vector<pid_t>& members) {
    constexpr std::size_t limit = 8UL * 1024 * 1024;  // 1,000,000 processes
    const std::string text =
        common::read_text_file(directory + "/cgroup.procs", limit).value_or("");
    const char* at = text.data();
    const char* const end = text.data() + text.size();
    while (at < end) {
        pid_t member = 0;
        const auto [stopped, problem] = std::from_chars(at, end, member);
        if (problem == std::errc{} && member > 0) {
            members.push_back(member);
        }
        at = std::find(stopped, end, '\n') + 1;
    }
    if (depth == 0) {
        return;
    }
    for (const std::string& name : common::names_in(directory)) {
        struct stat status {};
        std::string below = directory;
        below.append("/").append(name);
        if (::lstat(below.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
            add_processes_in(below, depth - 1, members);
        }
    }
}

/// With those in the groups below it, which may be the user's own making.
std::vector<pid_t> processes_in_cgroup(const std::string& cgroup) {
    std::vector<pid_t> members;
    // A path that leaves the namespace we can see is shown with dots.
    if (cgroup.empty() || cgroup.find("/..") != std::string::npos) {
        return members;
    }
    constexpr unsigned deepest = 8;
    for (const char* const mounted :
         {"/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"}) {
        if (common::is_file(mounted + cgroup + "/cgroup.procs")) {
            add_processes_in(mounted + cgroup, deepest, members);
        }
    }
    return members;
}

/// The audit sessions of processes, each asked for once.
class AuditSessions {
  public:
    AuditSessions(const common::ProcessTable& table, const std::vector<ProcessEntry>& processes)
        : table_(table), processes_(processes) {}

    void add_members(std::uint32_t session, std::vector<pid_t>& members) {
        if (session == common::no_audit_session) {
            return;
        }
        if (known_.empty()) {
            ask();
        }
        const auto [begin, end] = known_.equal_range(session);
        for (auto member = begin; member != end; ++member) {
            members.push_back(member->second);
        }
    }

  private:
    void ask() {
        for (const ProcessEntry& process : processes_) {
            // The kernel's own are in no session.
            const std::uint32_t session =
                process.session == 0 ? common::no_audit_session : table_.audit_session(process.id);
            if (session != common::no_audit_session) {
                known_.emplace(session, process.id);
            }
        }
    }

    const common::ProcessTable& table_;
    const std::vector<ProcessEntry>& processes_;
    std::multimap<std::uint32_t, pid_t> known_;
};

std::vector<pid_t> marked(const LoginMark& mark, AuditSessions& audit) {
    std::vector<pid_t> members = processes_in_cgroup(mark.cgroup);
    audit.add_members(mark.audit_session, members);
    std::sort(members.begin(), members.end());
    members.erase(std::unique(members.begin(), members.end()), members.end());
    return members;
}

}  // namespace

Kernel Picture::kernel() const {
    return {.processes = processes,
            .sessions = sessions,
            .start_time = common::start_time,
            .lives = [](pid_t process) { return ::kill(process, 0) == 0 || errno == EPERM; }};
}

std::vector<Row> Picture::rows() const {
    return rows_of(kernel(), records);
}

std::vector<ProcessEntry> Machine::processes() const {
    std::vector<ProcessEntry> all = table_.read();
    std::sort(all.begin(), all.end(), [](const ProcessEntry& left, const ProcessEntry& right) {
        return left.id < right.id;
    });
    return all;
}

LoginMark Machine::mark_of(pid_t process) const {
    return {.audit_session = table_.audit_session(process),
            .cgroup = session_cgroup(table_.cgroups(process))};
}

std::vector<pid_t> Machine::marked_by(const LoginMark& mark,
                                      const std::vector<ProcessEntry>& processes) const {
    AuditSessions audit{table_, processes};
    return marked(mark, audit);
}

void Machine::add_details(std::vector<TerminalSession>& sessions,
                          const std::vector<ProcessEntry>& processes) const {
    AuditSessions audit{table_, processes};
    std::map<uid_t, std::string> names;
    for (TerminalSession& session : sessions) {
        session.line = line_of(session.leader.terminal);
        session.idle = idle_time(session);
        session.started = common::start_time(session.leader.start);
        const LoginMark mark = mark_of(session.id());
        session.escaped = escaped_from(session.id(), processes, marked(mark, audit));
        session.uid = table_.user(session.id());
        if (!session.uid) {
            continue;
        }
        session.host = host_by_logind(mark.cgroup, *session.uid);
        const auto [name, is_new] = names.try_emplace(*session.uid);
        if (is_new) {
            name->second = name_of(*session.uid);
        }
        session.user = name->second;
    }
}

Picture Machine::look() const {
    // Records first: whoever has written one is there to be seen afterwards.
    Picture picture{.records = common::read_records(common::RecordPaths{}.utmp)};
    picture.processes = processes();
    picture.sessions = terminal_sessions(picture.processes);
    add_details(picture.sessions, picture.processes);
    return picture;
}

}  // namespace sessions
