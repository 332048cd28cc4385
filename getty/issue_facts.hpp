#pragma once

#include "getty/issue.hpp"
#include "getty/options.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace getty {

/// The facts of this machine and this line, each looked up when it is asked for.
[[nodiscard]] IssueFacts collect_facts(std::string line, unsigned speed);

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
