#include "login/overdue_login.hpp"

#include "common/language.hpp"
#include "common/log.hpp"
#include "common/process_table.hpp"
#include "common/syscall.hpp"
#include "common/unique_fd.hpp"
#include "login/records.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

// glibc 2.36 forgot that its header might be read by a C++ compiler.
extern "C" {
#include <sys/pidfd.h>
}

namespace login {

using namespace std::chrono_literals;
using common::ProcessEntry;

namespace {

bool contains(const std::vector<ProcessEntry>& processes, pid_t id) {
    return std::any_of(
        processes.begin(), processes.end(), [id](const auto& entry) { return entry.id == id; });
}

/// What the login has started, their children and so on, and what else is in the
/// session it leads. Not we: the caller is a child of it too.
std::vector<ProcessEntry> belongings_of(pid_t login, const std::vector<ProcessEntry>& all) {
    std::vector<ProcessEntry> found;
    const auto belongs = [&](const ProcessEntry& entry) {
        const bool is_candidate = entry.id != login && entry.id != ::getpid() &&
                                  !entry.has_ended() && !contains(found, entry.id);
        return is_candidate &&
               (entry.parent == login || entry.session == login || contains(found, entry.parent));
    };
    for (bool is_new = true; is_new;) {
        const auto before = found.size();
        std::copy_if(all.begin(), all.end(), std::back_inserter(found), belongs);
        is_new = found.size() != before;
    }
    return found;
}

void kill_exactly(const ProcessEntry& entry, const common::ProcessTable& table) {
    const common::UniqueFd handle{::pidfd_open(entry.id, 0)};
    // What the handle is of: a number can have been given away since.
    const auto now = table.find(entry.id);
    if (handle.is_open() && now && now->start == entry.start) {
        ::pidfd_send_signal(handle.get(), SIGKILL, nullptr, 0);
    }
}

void kill_belongings_of(pid_t login) {
    const common::ProcessTable table;
    // They can have started others while we looked.
    constexpr int passes = 4;
    for (int pass = 0; pass < passes; ++pass) {
        const auto left = belongings_of(login, table.read());
        if (left.empty()) {
            return;
        }
        for (const ProcessEntry& entry : left) {
            kill_exactly(entry, table);
        }
    }
}

void take_line_back(const OverdueLogin& login) {
    const common::Terminal& terminal = login.terminal;
    if (login.has_somebody) {
        terminal.write(
            "\r\n" + std::string{common::translated("This login has taken too long.")} + "\r\n",
            100ms);
    }
    // A caller's line is the caller's again, if it ever was ours.
    if (login.line.session_owner != SessionOwner::caller) {
        common::tolerate("take the line back",
                         [&] { terminal.give_to(0, common::terminal_group(), S_IRUSR | S_IWUSR); });
    }
    // What was typed while nobody looked may be a password: it goes before echo
    // comes back.
    terminal.drop_input();
    terminal.set_modes(login.modes_after);
}

}  // namespace

bool stop_login(const OverdueLogin& login) noexcept {
    ::pidfd_send_signal(login.handle, SIGSTOP, nullptr, 0);
    bool stopped = false;
    common::tolerate("stop a login that hangs", [&] {
        const common::ProcessTable table;
        constexpr int looks = 100;
        for (int look = 0; look < looks && !stopped; ++look) {
            const auto entry = table.find(login.process);
            stopped = !entry || entry->state == 'T' || entry->has_ended();
            if (!stopped) {
                std::this_thread::sleep_for(1ms);
            }
        }
    });
    return stopped;
}

void let_login_go_on(const OverdueLogin& login) noexcept {
    ::pidfd_send_signal(login.handle, SIGCONT, nullptr, 0);
}

void end_overdue_login(const OverdueLogin& login) noexcept {
    common::log(common::Severity::error,
                "ending login " + std::to_string(login.process) + " on " + login.line.origin() +
                    ": " + login.reason);
    common::tolerate("take the line back", [&] { take_line_back(login); });
    record_end_of(login.process, login.line);
    common::tolerate("end what a login has started", [&] { kill_belongings_of(login.process); });
    ::pidfd_send_signal(login.handle, SIGKILL, nullptr, 0);
}

}  // namespace login
