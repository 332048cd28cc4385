#include "login/sessions/tree.hpp"

#include "common/safe_text.hpp"
#include "login/sessions/terminal_session.hpp"
#include "login/sessions/text_table.hpp"

#include <algorithm>
#include <vector>

namespace sessions {

using common::ProcessEntry;

namespace {

bool is_stopped(const ProcessEntry& process) {
    return process.state == 'T' || process.state == 't';
}

bool is_stopped(pid_t group, pid_t session, std::span<const ProcessEntry> processes) {
    return std::any_of(processes.begin(), processes.end(), [=](const ProcessEntry& process) {
        return process.group == group && process.session == session && is_stopped(process);
    });
}

class Tree {
  public:
    Tree(pid_t session, std::span<const pid_t> escaped, std::span<const ProcessEntry> processes)
        : session_(session), all_(processes) {
        for (const ProcessEntry& process : processes) {
            if (process.session == session ||
                std::binary_search(escaped.begin(), escaped.end(), process.id)) {
                members_.push_back(&process);
            }
        }
        done_.resize(members_.size());
    }

    [[nodiscard]] std::vector<std::vector<std::string>> lines() {
        for (std::size_t i = 0; i < members_.size(); ++i) {
            if (!has_parent_here(*members_[i])) {
                add(i, 0);
            }
        }
        // What is left has a ring of parents: a table read while it changes.
        for (std::size_t i = 0; i < members_.size(); ++i) {
            add(i, 0);
        }
        return std::move(lines_);
    }

  private:
    [[nodiscard]] bool has_parent_here(const ProcessEntry& process) const {
        return std::any_of(members_.begin(), members_.end(), [&](const ProcessEntry* other) {
            return other->id == process.parent;
        });
    }

    /// Walks by a list of its own: a user may nest deeper than our stack is.
    void add(std::size_t top, std::size_t top_depth) {
        struct Waiting {
            std::size_t member;
            std::size_t depth;
        };
        std::vector<Waiting> waiting{{top, top_depth}};
        while (!waiting.empty()) {
            const auto [member, depth] = waiting.back();
            waiting.pop_back();
            if (done_[member]) {
                continue;
            }
            done_[member] = true;
            add_line(*members_[member], depth);
            for (std::size_t i = members_.size(); i > 0; --i) {
                if (members_[i - 1]->parent == members_[member]->id) {
                    waiting.push_back({i - 1, depth + 1});
                }
            }
        }
    }

    void add_line(const ProcessEntry& process, std::size_t depth) {
        constexpr std::size_t deepest_shown = 20;
        const std::string indent(2 * std::min(depth, deepest_shown), ' ');
        lines_.push_back({std::to_string(process.id),
                          std::to_string(process.parent),
                          std::to_string(process.group),
                          std::to_string(process.session),
                          process.foreground > 0 ? std::to_string(process.foreground) : "-",
                          std::string{process.state},
                          marks_of(process),
                          indent + common::safe_text(process.command)});
    }

    [[nodiscard]] std::string marks_of(const ProcessEntry& process) const {
        std::string marks;
        const auto mark = [&marks](bool holds, std::string_view word) {
            if (holds) {
                marks += (marks.empty() ? "" : ",") + std::string{word};
            }
        };
        mark(process.session != session_, "escaped");
        mark(!process.has_ended() && is_orphaned(process.group, process.session, all_), "orphaned");
        mark(is_stopped(process.group, process.session, all_), "stopped");
        return marks.empty() ? "-" : marks;
    }

    pid_t session_;
    std::span<const ProcessEntry> all_;
    std::vector<const ProcessEntry*> members_;
    std::vector<bool> done_;
    std::vector<std::vector<std::string>> lines_;
};

}  // namespace

bool is_orphaned(pid_t group, pid_t session, std::span<const ProcessEntry> processes) {
    return std::none_of(processes.begin(), processes.end(), [&](const ProcessEntry& member) {
        if (member.group != group || member.session != session || member.has_ended()) {
            return false;
        }
        const ProcessEntry* const parent = find_process(processes, member.parent);
        return parent != nullptr && parent->session == session && parent->group != group;
    });
}

std::string tree_of(pid_t session,
                    std::span<const pid_t> escaped,
                    std::span<const ProcessEntry> processes) {
    auto lines = Tree{session, escaped, processes}.lines();
    if (lines.empty()) {
        return {};
    }
    lines.insert(lines.begin(), {"PID", "PPID", "PGID", "SID", "TPGID", "S", "GROUP", "COMMAND"});
    using enum Align;
    return text_table({right, right, right, right, right, left, left, left}, lines);
}

}  // namespace sessions
