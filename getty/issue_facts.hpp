#pragma once

#include "common/terminal.hpp"
#include "getty/issue.hpp"
#include "getty/options.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace getty {

/// What an issue may tell of its line, and what the line's screen takes.
struct LineFacts {
    std::string name{};
    unsigned speed = 0;
    /// Whether the screen has room for so many columns and rows of block
    /// characters, and shows these.
    std::function<bool(std::size_t columns, std::size_t rows)> has_room{};
};
/// The terminal must outlive them.
[[nodiscard]] LineFacts facts_of(const common::Terminal& terminal, unsigned speed);

/// The facts of this machine and this line, each looked up when it is asked for.
[[nodiscard]] IssueFacts collect_facts(LineFacts line);

/// --show-issue: the issue as it is now, on standard output. Returns the exit
/// status.
[[nodiscard]] int show_issue(const Options& options);

/// --reload: tells waiting gettys, as agetty does, by touching a file.
[[nodiscard]] int ask_for_reload();

/// An issue as written, and the files and directories that decided what it is:
/// read, or looked for in vain.
struct IssueText {
    std::string text{};
    std::vector<std::string> paths{};
};

/// The files of --issue-file, or the first of /etc/issue, /run/issue,
/// /usr/lib/issue and then *.issue of the issue.d directories beside them, where
/// a name in an earlier directory hides the same name in a later one; by name, and by
/// number within names (strverscmp(3)).
[[nodiscard]] IssueText read_issue(const Options& options);

/// The domain that /etc/hosts gives a host: what follows the first dot of the
/// host's full name there. "" if it gives none.
[[nodiscard]] std::string domain_in_hosts(std::string_view hosts, std::string_view host);

/// uname(2)'s node name.
[[nodiscard]] std::string host_name();

}  // namespace getty
