#include "login/sessions/terminal_session.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include <sys/sysmacros.h>

namespace sessions {

using common::ProcessEntry;

namespace {

/// The group's leader says what it runs; if that one has gone, the first of the rest.
std::string command_of(std::span<const ProcessEntry> processes, const TerminalSession& session) {
    const ProcessEntry* const leader = find_process(processes, session.foreground);
    if (leader != nullptr && !leader->has_ended()) {
        return leader->command;
    }
    const auto member =
        std::find_if(processes.begin(), processes.end(), [&](const ProcessEntry& process) {
            return process.group == session.foreground && process.session == session.leader.id &&
                   !process.has_ended();
        });
    return member == processes.end() ? std::string{} : member->command;
}

}  // namespace

const ProcessEntry* find_process(std::span<const ProcessEntry> processes, pid_t id) {
    const auto found = std::lower_bound(
        processes.begin(), processes.end(), id, [](const ProcessEntry& process, pid_t wanted) {
            return process.id < wanted;
        });
    return found != processes.end() && found->id == id ? &*found : nullptr;
}

std::vector<TerminalSession> terminal_sessions(std::span<const ProcessEntry> processes) {
    // The end of its leader takes the terminal from a session (exit(2)).
    std::map<pid_t, TerminalSession> found;
    for (const ProcessEntry& process : processes) {
        if (process.id == process.session && process.terminal != 0) {
            found[process.id].leader = process;
        }
    }
    for (const ProcessEntry& process : processes) {
        if (process.has_ended() || process.session == 0) {
            continue;
        }
        if (const auto session = found.find(process.session); session != found.end()) {
            ++session->second.processes;
        }
    }
    std::vector<TerminalSession> sessions;
    sessions.reserve(found.size());
    for (auto& [id, session] : found) {
        session.foreground = session.leader.foreground;
        session.command = command_of(processes, session);
        sessions.push_back(std::move(session));
    }
    const auto place = [](const TerminalSession& session) {
        return std::tuple{
            major(session.leader.terminal), minor(session.leader.terminal), session.id()};
    };
    std::sort(sessions.begin(), sessions.end(), [&](const auto& left, const auto& right) {
        return place(left) < place(right);
    });
    return sessions;
}

}  // namespace sessions
