#pragma once

#include "common/process_table.hpp"
#include "common/record_file.hpp"
#include "login/sessions/rows.hpp"
#include "login/sessions/terminal_session.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>
#include <utmpx.h>

namespace sessions {

/// What every process of a login inherits, setsid(2) or not.
struct LoginMark {
    std::uint32_t audit_session = common::no_audit_session;
    std::string cgroup{};  ///< session_cgroup(), or empty
};

/// What this machine has to say at one moment.
struct Picture {
    std::vector<common::ProcessEntry> processes{};  ///< in the order of their ids
    std::vector<TerminalSession> sessions{};
    common::Records records{};

    /// Refers to this picture.
    [[nodiscard]] Kernel kernel() const;
    [[nodiscard]] std::vector<Row> rows() const;
};

/// Looks at /proc, the lines in /dev, cgroups, what logind has written down, and
/// utmp. Asks no daemon but for the name of a user, by NSS. None of it waits.
class Machine {
  public:
    [[nodiscard]] Picture look() const;
    /// Only the processes; in the order of their ids.
    [[nodiscard]] std::vector<common::ProcessEntry> processes() const;

    [[nodiscard]] std::optional<common::ProcessEntry> find(pid_t process) const {
        return table_.find(process);
    }

    [[nodiscard]] LoginMark mark_of(pid_t process) const;
    /// Those of the processes that carry it, sorted. None carries no mark.
    [[nodiscard]] std::vector<pid_t> marked_by(
        const LoginMark& mark, const std::vector<common::ProcessEntry>& processes) const;

  private:
    void add_details(std::vector<TerminalSession>& sessions,
                     const std::vector<common::ProcessEntry>& processes) const;

    common::ProcessTable table_{};
};

}  // namespace sessions
