#pragma once

#include "common/process_table.hpp"
#include "common/record.hpp"
#include "login/sessions/terminal_session.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <utmpx.h>

namespace sessions {

/// Whether a record and the kernel agree.
enum class Agreement {
    ok,
    stale,       ///< the record is about nobody, or not about whoever is on its line
    missing,     ///< there is a session, and no record
    reused_pid,  ///< the record's process came into being after the record
};
[[nodiscard]] std::string_view word_of(Agreement agreement);

/// What a record says; utmp(5). Anybody of group utmp may have written it.
struct Said {
    std::string user{};
    std::string line{};
    std::string host{};
    pid_t process = 0;
    std::int64_t session = 0;
    std::chrono::sys_seconds when{};
};

/// One line of the list: a session, what its record says, or both.
struct Row {
    std::optional<TerminalSession> session{};
    std::optional<Said> said{};
    Agreement agreement = Agreement::missing;

    /// By the kernel where it knows, else by the record.
    [[nodiscard]] const std::string& user() const;
    [[nodiscard]] const std::string& line() const;
    /// By the record if it holds, else by logind.
    [[nodiscard]] std::string host() const;
};

/// What there is to hold records against.
struct Kernel {
    /// In the order of their ids.
    std::span<const common::ProcessEntry> processes{};
    std::span<const TerminalSession> sessions{};
    /// When a process started that did so that many clock ticks after boot.
    StartTime (*start_time)(std::uint64_t ticks_after_boot) = nullptr;
    /// Whether there is a process of that number, shown to us (hidepid) or not.
    bool (*lives)(pid_t process) = nullptr;
};

/// How it is with a record of a getty or of somebody logged in. Its process has
/// to live. If it is above or in the session on the record's line, the record
/// is right, whatever the clock said when it was written. Otherwise a start more
/// than a second after the record is another process of that number; and a line
/// that somebody else is on is not the record's.
[[nodiscard]] Agreement agreement_of(const utmpx& record, const Kernel& kernel);

/// USER_PROCESS and LOGIN_PROCESS: the records that are about somebody.
[[nodiscard]] bool is_about_somebody(const utmpx& record);

/// The whole list: each session with the record of its line, then the records
/// that no session has. Gettys that wait, and say so, are nobody.
[[nodiscard]] std::vector<Row> rows_of(const Kernel& kernel, std::span<const utmpx> records);

}  // namespace sessions
