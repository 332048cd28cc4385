#include "login/sessions/escaped.hpp"

#include "login/sessions/terminal_session.hpp"

#include <algorithm>

namespace sessions {

using common::ProcessEntry;

namespace {

/// Where the chain of a process's parents leads.
enum class Origin {
    the_session,
    beside_it,  ///< to a process above the leader, by another way
    unknown,    ///< to one that is not marked: its parent has ended
};

/// The marked processes around one session.
class Kin {
  public:
    Kin(const ProcessEntry& leader,
        std::span<const ProcessEntry> processes,
        std::span<const pid_t> marked)
        : leader_(leader), processes_(processes), marked_(marked) {
        const ProcessEntry* above = marked_parent_of(leader);
        while (above != nullptr && !is_above(above->id)) {
            above_.push_back(above->id);
            oldest_start_ = above->start;
            login_has_terminal_ = login_has_terminal_ || above->terminal != 0;
            above = marked_parent_of(*above);
        }
    }

    [[nodiscard]] bool is_above(pid_t process) const {
        return std::find(above_.begin(), above_.end(), process) != above_.end();
    }

    [[nodiscard]] Origin origin_of(const ProcessEntry& process) const {
        const ProcessEntry* at = &process;
        // A table read while processes come and go may even have a ring in it.
        for (std::size_t steps = 0; at != nullptr && steps < processes_.size(); ++steps) {
            const ProcessEntry* const parent = find_process(processes_, at->parent);
            if (parent != nullptr && parent->session == leader_.id) {
                return Origin::the_session;
            }
            if (parent != nullptr && is_above(parent->id)) {
                return Origin::beside_it;
            }
            at = marked_parent_of(*at);
        }
        return Origin::unknown;
    }

    [[nodiscard]] bool login_is_older_than(const ProcessEntry& process) const {
        return process.start >= oldest_start_;
    }
    [[nodiscard]] bool login_has_terminal() const { return login_has_terminal_; }

  private:
    [[nodiscard]] const ProcessEntry* marked_parent_of(const ProcessEntry& process) const {
        const bool is_marked = process.parent > 1 &&
                               std::binary_search(marked_.begin(), marked_.end(), process.parent);
        return is_marked ? find_process(processes_, process.parent) : nullptr;
    }

    const ProcessEntry& leader_;
    std::span<const ProcessEntry> processes_;
    std::span<const pid_t> marked_;
    std::vector<pid_t> above_;
    std::uint64_t oldest_start_ = leader_.start;
    bool login_has_terminal_ = false;
};

bool is_session_scope(std::string_view name) {
    return name.starts_with("session-") && name.ends_with(".scope") &&
           name.size() > std::string_view{"session-.scope"}.size();
}

}  // namespace

std::string session_cgroup(std::string_view cgroups) {
    while (!cgroups.empty()) {
        const std::string_view line = cgroups.substr(0, cgroups.find('\n'));
        cgroups.remove_prefix(std::min(line.size() + 1, cgroups.size()));
        const std::size_t path_at = line.find('/');
        const std::string_view hierarchy = line.substr(0, path_at);
        if (path_at == std::string_view::npos ||
            (hierarchy != "0::" && !hierarchy.ends_with(":name=systemd:"))) {
            continue;
        }
        const std::string_view path = line.substr(path_at);
        for (std::size_t begin = 1; begin < path.size();) {
            const std::size_t end = std::min(path.find('/', begin), path.size());
            if (is_session_scope(path.substr(begin, end - begin))) {
                return std::string{path.substr(0, end)};
            }
            begin = end + 1;
        }
    }
    return {};
}

std::vector<pid_t> escaped_from(pid_t session,
                                std::span<const ProcessEntry> processes,
                                std::span<const pid_t> marked) {
    const ProcessEntry* const leader = find_process(processes, session);
    if (leader == nullptr) {
        return {};
    }
    const Kin kin{*leader, processes, marked};
    bool made_for_it_alone = !kin.login_has_terminal();
    std::vector<pid_t> descended;
    std::vector<pid_t> orphaned;
    for (const pid_t id : marked) {
        const ProcessEntry* const process = find_process(processes, id);
        if (process == nullptr || process->has_ended() || id <= 1) {
            continue;
        }
        made_for_it_alone = made_for_it_alone && kin.login_is_older_than(*process);
        if (process->session == session || kin.is_above(id)) {
            continue;
        }
        switch (kin.origin_of(*process)) {
            case Origin::the_session: descended.push_back(id); break;
            case Origin::beside_it: made_for_it_alone = false; break;
            case Origin::unknown: orphaned.push_back(id); break;
        }
    }
    if (!made_for_it_alone) {
        return descended;
    }
    descended.insert(descended.end(), orphaned.begin(), orphaned.end());
    std::sort(descended.begin(), descended.end());
    return descended;
}

}  // namespace sessions
