#pragma once

#include "common/process_table.hpp"
#include "common/record.hpp"
#include "login/sessions/rows.hpp"
#include "login/sessions/terminal_session.hpp"

#include <string>
#include <vector>

#include <sys/sysmacros.h>

namespace tests {

inline dev_t pts(unsigned number) {
    return makedev(136, number);
}

/// A process whose group is itself; it started `id` ticks after boot.
struct Born {
    pid_t id = 0;
    pid_t parent = 0;
    pid_t session = 0;
    dev_t terminal = 0;
    std::string command{"sh"};
    pid_t group = 0;
    char state = 'S';
    pid_t foreground = -1;
    std::uint64_t start = 0;
};

inline common::ProcessEntry entry_of(const Born& born) {
    return {.id = born.id,
            .parent = born.parent,
            .group = born.group != 0 ? born.group : born.id,
            .session = born.session,
            .foreground = born.foreground,
            .terminal = born.terminal,
            .start = born.start != 0 ? born.start : static_cast<std::uint64_t>(born.id),
            .state = born.state,
            .command = born.command};
}

inline std::vector<common::ProcessEntry> table_of(const std::vector<Born>& all) {
    std::vector<common::ProcessEntry> entries;
    entries.reserve(all.size());
    for (const Born& born : all) {
        entries.push_back(entry_of(born));
    }
    return entries;
}

/// A hundred ticks a second, and the machine was started at 1,000,000.
inline sessions::StartTime start_time(std::uint64_t ticks) {
    return sessions::StartTime{std::chrono::milliseconds{1'000'000'000 + ticks * 10}};
}

/// With "pts/N" for lines.
inline std::vector<sessions::TerminalSession> sessions_of(
    const std::vector<common::ProcessEntry>& processes) {
    auto all = sessions::terminal_sessions(processes);
    for (auto& session : all) {
        session.line = "pts/" + std::to_string(minor(session.leader.terminal));
        session.user = "kernel's";
        session.started = start_time(session.leader.start);
    }
    return all;
}

}  // namespace tests
