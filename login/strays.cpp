#include "login/strays.hpp"

#include "common/log.hpp"
#include "common/syscall.hpp"
#include "common/text_file.hpp"
#include "common/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <set>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace login {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::string_view parent_name = "/ttygate";
constexpr auto time_to_die = 2s;

/// Where version 2 is: alone, or beside version 1 (systemd's "hybrid").
std::string mounted_hierarchy() {
    for (const char* const place : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
        struct statfs status {};
        if (::statfs(place, &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC) {
            return place;
        }
    }
    errno = ENOENT;
    common::throw_errno("find", "cgroups of version 2");
}

void write_file(const std::string& path, const std::string& text) {
    const common::UniqueFd file{
        common::check(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW), "open", path)};
    common::check(::write(file.get(), text.data(), text.size()), "write", path);
}

void make_directory(const std::string& path) {
    if (::mkdir(path.c_str(), S_IRWXU | S_IRGRP | S_IXGRP | S_IROTH | S_IXOTH) != 0 &&
        errno != EEXIST) {
        common::throw_errno("make", path);
    }
}

std::uint32_t own_audit_session() {
    return common::ProcessTable{}.audit_session(::getpid());
}

void log_stuck(std::size_t count) {
    common::log(common::Severity::warning,
                "what the session left behind does not end: " + std::to_string(count) +
                    " of its processes are stuck");
}

/// Through a descriptor, once it is known that it is still the one that was seen:
/// a number can come to mean another process.
void kill_if_audited(pid_t process,
                     std::uint32_t audit_session,
                     const common::ProcessTable& table) {
    const common::UniqueFd handle{static_cast<int>(::syscall(SYS_pidfd_open, process, 0))};
    if (handle.is_open() && table.audit_session(process) == audit_session) {
        ::syscall(SYS_pidfd_send_signal, handle.get(), SIGKILL, nullptr, 0);
    }
}

}  // namespace

std::string cgroup_name(std::string_view line, pid_t login) {
    std::string name{line};
    std::replace(name.begin(), name.end(), '/', '-');
    return name + "." + std::to_string(login);
}

SessionCgroup::SessionCgroup(const std::string& name) {
    const std::string parent = mounted_hierarchy() + std::string{parent_name};
    make_directory(parent);
    path_ = parent + "/" + name;
    make_directory(path_);
}

SessionCgroup::~SessionCgroup() {
    // The last process of it may be on its way out still.
    for (int tries = 0; ::rmdir(path_.c_str()) != 0 && errno == EBUSY && tries < 10; ++tries) {
        if (count() > 0) {
            return;
        }
        std::this_thread::sleep_for(5ms);
    }
}

void SessionCgroup::add(pid_t process) const {
    write_file(path_ + "/cgroup.procs", std::to_string(process));
}

void SessionCgroup::limit_processes(unsigned most) const {
    const std::string limit = path_ + "/pids.max";
    if (::access(limit.c_str(), F_OK) != 0) {
        // From above: what is not handed down is not counted below.
        const std::string parent = path_.substr(0, path_.rfind('/'));
        const std::string root = parent.substr(0, parent.rfind('/'));
        write_file(root + "/cgroup.subtree_control", "+pids");
        write_file(parent + "/cgroup.subtree_control", "+pids");
    }
    write_file(limit, std::to_string(most));
}

std::size_t SessionCgroup::count() const {
    constexpr std::size_t enough = 1024UL * 1024;
    const std::string processes =
        common::read_text_file(path_ + "/cgroup.procs", enough).value_or("");
    return static_cast<std::size_t>(std::count(processes.begin(), processes.end(), '\n'));
}

bool SessionCgroup::kill_all(std::chrono::milliseconds patience) const {
    if (count() == 0) {
        return true;
    }
    write_file(path_ + "/cgroup.kill", "1");
    const auto end = Clock::now() + patience;
    while (count() > 0) {
        if (Clock::now() >= end) {
            return false;
        }
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

std::vector<pid_t> audited_strays(std::uint32_t audit_session,
                                  pid_t own,
                                  const common::ProcessTable& table) {
    const auto processes = table.read();
    const auto entry_of = [&processes](pid_t process) {
        return std::find_if(processes.begin(), processes.end(), [process](const auto& entry) {
            return entry.id == process;
        });
    };
    std::set<pid_t> spared{1};
    pid_t own_session = 0;
    for (auto entry = entry_of(own); entry != processes.end() && entry->id > 1;
         entry = entry_of(entry->parent)) {
        spared.insert(entry->id);
        own_session = own_session == 0 ? entry->session : own_session;
    }
    std::vector<pid_t> strays;
    for (const common::ProcessEntry& entry : processes) {
        const bool is_spared = spared.contains(entry.id) || entry.session == own_session;
        if (!is_spared && !entry.has_ended() && table.audit_session(entry.id) == audit_session) {
            strays.push_back(entry.id);
        }
    }
    return strays;
}

Strays::Strays() : audit_session_before_(own_audit_session()) {}

std::optional<ResourceLimit> Strays::begin(std::string_view line,
                                           std::optional<unsigned> most_processes) {
    common::tolerate("give the session a cgroup of its own",
                     [&] { cgroup_.emplace(cgroup_name(line, ::getpid())); });
    if (!most_processes || can_count(*most_processes)) {
        return std::nullopt;
    }
    // Only downwards: to raise it takes a capability that containers lack.
    rlimit now{};
    ::getrlimit(RLIMIT_NPROC, &now);
    return ResourceLimit{.resource = RLIMIT_NPROC,
                         .value = std::min(rlim_t{*most_processes}, now.rlim_max)};
}

/// The kernel counts the session's processes, and stops at so many.
bool Strays::can_count(unsigned most) const {
    if (!cgroup_) {
        return false;
    }
    try {
        cgroup_->limit_processes(most);
        return true;
    } catch (const std::system_error&) {
        errno = 0;
        return false;
    }
}

void Strays::add(pid_t shell) const {
    if (cgroup_) {
        common::tolerate("count the session's processes", [&] { cgroup_->add(shell); });
    }
}

void Strays::end_all() noexcept {
    common::tolerate("end what the session left behind", [this] {
        if (!cgroup_) {
            end_audited();
            return;
        }
        if (const std::size_t left = cgroup_->count(); left > 0) {
            common::log(common::Severity::notice,
                        "ending what the session left behind: " + std::to_string(left) +
                            (left == 1 ? " process" : " processes"));
        }
        if (!cgroup_->kill_all(time_to_die)) {
            log_stuck(cgroup_->count());
        }
        cgroup_.reset();
    });
}

/// Only an audit session that began with this login's is all of it. What forks
/// meanwhile is seen at the next look.
void Strays::end_audited() const {
    const std::uint32_t audit_session = own_audit_session();
    if (audit_session == common::no_audit_session || audit_session == audit_session_before_) {
        common::log(common::Severity::warning,
                    "what the session left behind cannot be told: no cgroups, and no "
                    "audit session");
        return;
    }
    const common::ProcessTable table;
    constexpr int most_looks = 100;
    std::size_t left = 0;
    for (int look = 0; look < most_looks; ++look) {
        const auto strays = audited_strays(audit_session, ::getpid(), table);
        left = strays.size();
        if (strays.empty()) {
            return;
        }
        for (const pid_t process : strays) {
            kill_if_audited(process, audit_session, table);
        }
        std::this_thread::sleep_for(5ms);
    }
    log_stuck(left);
}

}  // namespace login
