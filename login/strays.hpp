#pragma once

#include "common/process_table.hpp"
#include "login/limits.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace login {

/// The name of a session's cgroup: line and login's pid, "pts-3.1234".
[[nodiscard]] std::string cgroup_name(std::string_view line, pid_t login);

/// A cgroup (cgroups(7), version 2) that holds one session and all that it
/// starts: setsid(2) leads out of a session, and not out of this. login itself is
/// not in it. It is a child of "ttygate" below the topmost cgroup we can see,
/// which holds nothing but such ones.
class SessionCgroup {
  public:
    /// Throws std::system_error where version 2 is not mounted or cannot be written.
    explicit SessionCgroup(const std::string& name);
    SessionCgroup(const SessionCgroup&) = delete;
    SessionCgroup(SessionCgroup&&) = delete;
    SessionCgroup& operator=(const SessionCgroup&) = delete;
    SessionCgroup& operator=(SessionCgroup&&) = delete;
    /// Removes it, if nothing is left in it.
    ~SessionCgroup();

    void add(pid_t process) const;
    /// No more processes at a time than that. Throws where the kernel does not
    /// count them in this hierarchy.
    void limit_processes(unsigned most) const;
    /// How many processes there are in it.
    [[nodiscard]] std::size_t count() const;
    /// Kills all of it at once, so that a fork bomb does not outrun it, and waits
    /// until it is empty. Returns false where it is not within `patience`.
    [[nodiscard]] bool kill_all(std::chrono::milliseconds patience) const;

  private:
    std::string path_;
};

/// The processes that carry this audit session and are to be ended: none above
/// `own` or in its session, where login and its watchdog are.
[[nodiscard]] std::vector<pid_t> audited_strays(std::uint32_t audit_session,
                                                pid_t own,
                                                const common::ProcessTable& table);

/// What a session has started and left behind, ended at its logout
/// (LOGIN_KILL_STRAYS). By cgroup, else by the audit session, where one began with
/// this session.
class Strays {
  public:
    /// Before the gate opens its session, which may begin an audit session.
    Strays();

    /// Before the shell's process is made. `most_processes`: LOGIN_MAX_PROCESSES, of the
    /// session where the kernel counts them so (pids.max), else of the user: by the limit
    /// that is returned, which that process has to take (RLIMIT_NPROC).
    [[nodiscard]] std::optional<ResourceLimit> begin(std::string_view line,
                                                     std::optional<unsigned> most_processes);
    /// Has the shell's process, before it runs, and all it starts, counted as the
    /// session's.
    void add(pid_t shell) const;
    /// Ends what is left of it. Never throws: what cannot be ended is logged.
    void end_all() noexcept;

  private:
    void end_audited() const;
    [[nodiscard]] bool can_count(unsigned most) const;

    std::uint32_t audit_session_before_;
    std::optional<SessionCgroup> cgroup_{};
};

}  // namespace login
