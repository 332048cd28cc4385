#pragma once

#include "common/unique_fd.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace common {

/// A process as /proc/PID/stat tells it; proc(5).
struct ProcessEntry {
    pid_t id = 0;
    pid_t parent = 0;  ///< 0 where it is outside of this pid namespace
    pid_t group = 0;
    pid_t session = 0;
    pid_t foreground = -1;    ///< group in the foreground of its terminal; -1 without one
    dev_t terminal = 0;       ///< its controlling terminal; 0 without one
    std::uint64_t start = 0;  ///< clock ticks after boot
    char state = '?';
    std::string command{};  ///< comm as the process chose it: anything but NUL

    /// Has ended, and is there only to be reaped.
    [[nodiscard]] bool has_ended() const { return state == 'Z' || state == 'X'; }
    [[nodiscard]] bool operator==(const ProcessEntry&) const = default;
};

/// Reads the text of /proc/PID/stat; nothing if it is none.
[[nodiscard]] std::optional<ProcessEntry> read_process_entry(std::string_view stat);

/// What the audit system calls a session that was never set.
inline constexpr std::uint32_t no_audit_session = 4294967295U;

/// Processes as the kernel knows them, by one descriptor of /proc and three
/// system calls a process. Where /proc hides other people's processes
/// (hidepid), they are not there. A process may be gone again at any moment.
class ProcessTable {
  public:
    /// Throws std::system_error where no /proc is mounted.
    explicit ProcessTable(const std::string& mounted = "/proc");

    /// All of them, in the order /proc has them: by pid.
    [[nodiscard]] std::vector<ProcessEntry> read() const;
    [[nodiscard]] std::optional<ProcessEntry> find(pid_t process) const;

    /// /proc/PID/sessionid: the audit session, inherited by all descendants
    /// whatever they do; no_audit_session where it was never set, is not known
    /// to this kernel, or the process is gone.
    [[nodiscard]] std::uint32_t audit_session(pid_t process) const;
    /// /proc/PID/cgroup, empty where there is none; cgroups(7).
    [[nodiscard]] std::string cgroups(pid_t process) const;
    /// The real user, or nothing when the process is gone.
    [[nodiscard]] std::optional<uid_t> user(pid_t process) const;

  private:
    UniqueFd directory_;
};

/// When a process started, by today's idea of the time: a clock that has been
/// set since moves it.
[[nodiscard]] std::chrono::sys_time<std::chrono::milliseconds> start_time(
    std::uint64_t ticks_after_boot);

}  // namespace common
