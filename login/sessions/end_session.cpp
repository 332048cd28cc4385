#include "login/sessions/end_session.hpp"

#include "common/log.hpp"
#include "common/program.hpp"
#include "common/safe_text.hpp"
#include "common/unique_fd.hpp"
#include "login/sessions/escaped.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sessions {

using common::ProcessEntry;
using common::UsageError;

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

pid_t session_on(const std::string& line, const Picture& picture) {
    pid_t found = 0;
    for (const TerminalSession& session : picture.sessions) {
        if (session.line != line) {
            continue;
        }
        if (found != 0) {
            throw UsageError{"there are several lines " + common::quoted(line) +
                             ": say which session"};
        }
        found = session.id();
    }
    if (found == 0) {
        throw UsageError{"there is no session on " + common::quoted(line)};
    }
    return found;
}

/// One process, whatever becomes of its number.
class Target {
  public:
    explicit Target(const ProcessEntry& process)
        : start_(process.start), fd_(static_cast<int>(::syscall(SYS_pidfd_open, process.id, 0))) {}

    [[nodiscard]] bool is_open() const { return fd_.is_open(); }
    [[nodiscard]] int descriptor() const { return fd_.get(); }
    [[nodiscard]] std::uint64_t start() const { return start_; }
    /// Sends a signal. Errno, or 0.
    [[nodiscard]] int send(int number) const {
        return ::syscall(SYS_pidfd_send_signal, fd_.get(), number, nullptr, 0) == 0 ? 0 : errno;
    }

  private:
    std::uint64_t start_;
    common::UniqueFd fd_;
};

/// A process by its number and when it started.
using Key = std::pair<pid_t, std::uint64_t>;

Key key_of(const ProcessEntry& process) {
    return {process.id, process.start};
}

class Ending {
  public:
    Ending(pid_t session, const Machine& machine, const Caller& caller)
        : session_(session), machine_(machine), caller_(caller) {
        const auto processes = machine_.processes();
        const ProcessEntry* const leader = find_process(processes, session);
        // Without a leader nothing tells whose the mark is.
        if (leader != nullptr && leader->terminal != 0) {
            mark_ = machine_.mark_of(session);
        }
        std::transform(processes.begin(),
                       processes.end(),
                       std::inserter(there_before_, there_before_.end()),
                       key_of);
        find(processes);
    }

    Ended end() {
        ended_.by_hang_up = tell(SIGHUP, 2s);
        ended_.by_terminate = tell(SIGTERM, 3s);
        ended_.by_kill = tell(SIGKILL, 3s);
        for (const ProcessEntry& process : still_there_) {
            ended_.left.push_back(process.id);
        }
        return ended_;
    }

  private:
    /// Everybody who is to be ended now. Whoever was before stays so, and so does
    /// what they start: when the leader has ended, nothing else tells any more
    /// who escaped from it.
    void find(const std::vector<ProcessEntry>& processes) {
        const auto escaped =
            escaped_from(session_, processes, machine_.marked_by(mark_, processes));
        std::vector<pid_t> all{escaped};
        for (const ProcessEntry& process : processes) {
            const bool is_new_child = !there_before_.contains(key_of(process)) &&
                                      known_.contains(parent_of(process, processes));
            if (is_new_child || known_.contains(key_of(process))) {
                all.push_back(process.id);
            }
        }
        std::sort(all.begin(), all.end());
        still_there_ = processes_to_end(session_, all, processes, caller_);
        for (const ProcessEntry& process : still_there_) {
            known_.emplace(key_of(process), 0);
        }
    }

    static Key parent_of(const ProcessEntry& process, const std::vector<ProcessEntry>& processes) {
        const ProcessEntry* const parent = find_process(processes, process.parent);
        return parent == nullptr ? Key{} : key_of(*parent);
    }

    /// Tells everybody, also those who come, and waits; returns how many ended.
    std::size_t tell(int number, Milliseconds patience) {
        const auto deadline = Clock::now() + patience;
        std::size_t ended = 0;
        while (!still_there_.empty()) {
            const auto targets = signal_the_untold(number);
            const auto left = std::chrono::duration_cast<Milliseconds>(deadline - Clock::now());
            const bool none_listens = targets.empty() && ended_.last_problem != 0;
            if (left <= 0ms || none_listens) {
                break;
            }
            wait_for_one(targets, std::min<Milliseconds>(left, 50ms));
            const auto before = still_there_;
            find(machine_.processes());
            ended += static_cast<std::size_t>(
                std::count_if(before.begin(), before.end(), [this](const ProcessEntry& process) {
                    return std::none_of(
                        still_there_.begin(), still_there_.end(), [&](const ProcessEntry& other) {
                            return key_of(other) == key_of(process);
                        });
                }));
        }
        return ended;
    }

    /// The descriptors of those who are there, for waiting: as many as can be had.
    std::vector<Target> signal_the_untold(int number) {
        std::vector<Target> targets;
        for (const ProcessEntry& process : still_there_) {
            Target target{process};
            if (!target.is_open()) {
                note(errno);
                continue;
            }
            const auto now = machine_.find(process.id);
            // Asked after the opening: what was read is then about what we hold.
            if (!now || now->start != target.start()) {
                continue;
            }
            int& told = known_[key_of(process)];
            if (told != number) {
                if (const int problem = target.send(number); problem != 0) {
                    note(problem);
                    continue;
                }
                told = number;
                // Who is stopped hears nothing but SIGKILL.
                if (number != SIGKILL) {
                    (void)target.send(SIGCONT);
                }
            }
            constexpr std::size_t most_held = 256;
            if (targets.size() < most_held) {
                targets.push_back(std::move(target));
            }
        }
        return targets;
    }

    /// That a process has ended meanwhile is none.
    void note(int problem) {
        if (problem != ESRCH) {
            ended_.last_problem = problem;
        }
    }

    static void wait_for_one(const std::vector<Target>& targets, Milliseconds longest) {
        std::vector<pollfd> sources;
        sources.reserve(targets.size());
        for (const Target& target : targets) {
            sources.push_back({.fd = target.descriptor(), .events = POLLIN, .revents = 0});
        }
        ::poll(sources.data(), sources.size(), static_cast<int>(longest.count()));
    }

    pid_t session_;
    const Machine& machine_;
    const Caller& caller_;
    LoginMark mark_;
    std::set<Key> there_before_;
    std::map<Key, int> known_;  ///< and the last signal each was sent
    std::vector<ProcessEntry> still_there_;
    Ended ended_;
};

}  // namespace

pid_t session_to_end(const Options& options, const Picture& picture, const Caller& caller) {
    if (!options.line.empty()) {
        return session_on(options.line, picture);
    }
    const pid_t session = options.session;
    const std::string number = std::to_string(session);
    const auto has = [&](auto condition) {
        return std::any_of(picture.processes.begin(), picture.processes.end(), condition);
    };
    if (has([&](const ProcessEntry& process) {
            return process.id == 1 && process.session == session;
        })) {
        throw UsageError{"session " + number + " is process 1's"};
    }
    if (session == caller.session) {
        throw UsageError{"session " + number + " is your own: say its line if you mean it"};
    }
    if (!has([&](const ProcessEntry& process) {
            return process.session == session && !process.has_ended();
        })) {
        throw UsageError{"there is no session " + number};
    }
    return session;
}

std::vector<ProcessEntry> processes_to_end(pid_t session,
                                           std::span<const pid_t> escaped,
                                           std::span<const ProcessEntry> processes,
                                           const Caller& caller) {
    std::vector<ProcessEntry> found;
    std::copy_if(processes.begin(),
                 processes.end(),
                 std::back_inserter(found),
                 [&](const ProcessEntry& process) {
                     const bool is_in_it =
                         process.session == session ||
                         std::binary_search(escaped.begin(), escaped.end(), process.id);
                     const bool is_callers =
                         process.id == caller.process ||
                         (process.session == caller.session && caller.session != session);
                     return is_in_it && !is_callers && process.id > 1 && !process.has_ended();
                 });
    return found;
}

Ended end_session(pid_t session, const Machine& machine, const Caller& caller) {
    return Ending{session, machine, caller}.end();
}

std::string told(const Ended& ended, pid_t session) {
    std::string text = "session " + std::to_string(session) + ": " +
                       std::to_string(ended.by_hang_up) + " ended by HUP, " +
                       std::to_string(ended.by_terminate) + " by TERM, " +
                       std::to_string(ended.by_kill) + " by KILL";
    if (!ended.left.empty()) {
        text += ", still there: " + std::to_string(ended.left.size());
    }
    if (ended.last_problem != 0) {
        text += " (" + common::error_text(ended.last_problem) + ")";
    }
    return text;
}

}  // namespace sessions
