#include "login/sessions/rows.hpp"

#include <algorithm>
#include <cstdint>

namespace sessions {

using common::ProcessEntry;
using common::text_of;

namespace {

/// pid_t wherever it was written by one.
pid_t process_of(const utmpx& record) {
    return record.ut_pid;
}

/// Unsigned: good until 2106.
std::chrono::sys_seconds time_of(const utmpx& record) {
    return std::chrono::sys_seconds{
        std::chrono::seconds{static_cast<std::uint32_t>(record.ut_tv.tv_sec)}};
}

bool is_on(const TerminalSession& session, const utmpx& record) {
    return session.line == text_of(record.ut_line);
}

/// In the session, or above its leader. Process 1 is above everybody.
bool is_kin(const ProcessEntry& process, const TerminalSession& session, const Kernel& kernel) {
    if (process.session == session.id()) {
        return true;
    }
    pid_t above = session.leader.parent;
    for (std::size_t steps = 0; above > 1 && steps < kernel.processes.size(); ++steps) {
        if (above == process.id) {
            return true;
        }
        const ProcessEntry* const entry = find_process(kernel.processes, above);
        above = entry == nullptr ? 0 : entry->parent;
    }
    return false;
}

bool is_about(const utmpx& record, const TerminalSession& session, const Kernel& kernel) {
    const ProcessEntry* const process = find_process(kernel.processes, process_of(record));
    return is_on(session, record) && (record.ut_session == session.id() ||
                                      (process != nullptr && is_kin(*process, session, kernel)));
}

Said what_says(const utmpx& record) {
    return {.user = std::string{text_of(record.ut_user)},
            .line = std::string{text_of(record.ut_line)},
            .host = std::string{text_of(record.ut_host)},
            .process = process_of(record),
            .session = record.ut_session,
            .when = time_of(record)};
}

/// A record, and whether a row has it.
struct Judged {
    const utmpx* record = nullptr;
    Agreement agreement = Agreement::stale;
    bool is_shown = false;
};

/// The one that is right about the session; else one of its line that is wrong.
Judged* record_of(const TerminalSession& session,
                  std::vector<Judged>& records,
                  const Kernel& kernel) {
    Judged* best = nullptr;
    for (Judged& judged : records) {
        if (judged.is_shown || !is_on(session, *judged.record)) {
            continue;
        }
        if (judged.agreement == Agreement::ok && is_about(*judged.record, session, kernel)) {
            return &judged;
        }
        if (judged.agreement != Agreement::ok && best == nullptr) {
            best = &judged;
        }
    }
    return best;
}

bool is_waiting_getty(const Judged& judged) {
    return judged.record->ut_type == LOGIN_PROCESS && judged.agreement == Agreement::ok;
}

}  // namespace

std::string_view word_of(Agreement agreement) {
    switch (agreement) {
        case Agreement::ok: return "ok";
        case Agreement::stale: return "stale";
        case Agreement::missing: return "missing";
        case Agreement::reused_pid: return "reused pid";
    }
    return "";
}

const std::string& Row::user() const {
    return session ? session->user : said->user;
}

const std::string& Row::line() const {
    return session ? session->line : said->line;
}

std::string Row::host() const {
    if (said && (agreement == Agreement::ok || !session)) {
        return said->host;
    }
    return session ? session->host : "";
}

bool is_about_somebody(const utmpx& record) {
    return record.ut_type == USER_PROCESS || record.ut_type == LOGIN_PROCESS;
}

Agreement agreement_of(const utmpx& record, const Kernel& kernel) {
    const ProcessEntry* const process = find_process(kernel.processes, process_of(record));
    if (process == nullptr && process_of(record) > 0 && kernel.lives(process_of(record))) {
        return Agreement::ok;  // and hidden: nothing is known that speaks against it
    }
    if (process == nullptr || process->has_ended()) {
        return Agreement::stale;
    }
    const auto any_on_line = [&](auto also) {
        return std::any_of(
            kernel.sessions.begin(), kernel.sessions.end(), [&](const TerminalSession& session) {
                return is_on(session, record) && also(session);
            });
    };
    if (any_on_line([&](const auto& session) { return is_kin(*process, session, kernel); })) {
        return Agreement::ok;
    }
    if (kernel.start_time(process->start) > time_of(record) + std::chrono::seconds{1}) {
        return Agreement::reused_pid;
    }
    const bool is_named =
        any_on_line([&](const auto& session) { return record.ut_session == session.id(); });
    const bool is_free = !any_on_line([](const auto&) { return true; });
    return is_named || is_free ? Agreement::ok : Agreement::stale;
}

std::vector<Row> rows_of(const Kernel& kernel, std::span<const utmpx> records) {
    std::vector<Judged> judged;
    for (const utmpx& record : records) {
        if (is_about_somebody(record)) {
            judged.push_back({.record = &record, .agreement = agreement_of(record, kernel)});
        }
    }
    std::vector<Row> rows;
    for (const TerminalSession& session : kernel.sessions) {
        Judged* const found = record_of(session, judged, kernel);
        if (found == nullptr) {
            rows.push_back({.session = session, .agreement = Agreement::missing});
            continue;
        }
        found->is_shown = true;
        if (!is_waiting_getty(*found)) {
            rows.push_back({.session = session,
                            .said = what_says(*found->record),
                            .agreement = found->agreement});
        }
    }
    for (const Judged& other : judged) {
        if (!other.is_shown && !is_waiting_getty(other)) {
            rows.push_back({.said = what_says(*other.record), .agreement = other.agreement});
        }
    }
    return rows;
}

}  // namespace sessions
