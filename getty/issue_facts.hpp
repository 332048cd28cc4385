#pragma once

#include "getty/issue.hpp"
#include "getty/options.hpp"

#include <string>

namespace getty {

/// The facts of this machine and this line, each looked up when it is asked for.
[[nodiscard]] IssueFacts collect_facts(std::string line, unsigned speed);

/// --show-issue: the issue as it is now, on standard output. Returns the exit
/// status.
[[nodiscard]] int show_issue(const Options& options);

/// --reload: tells waiting gettys, as agetty does, by touching a file.
[[nodiscard]] int ask_for_reload();

/// The issue as written: the files of --issue-file, or the first of /etc/issue,
/// /run/issue, /usr/lib/issue and then *.issue of the issue.d directories
/// beside them, where a name in an earlier directory hides the same name in a
/// later one.
[[nodiscard]] std::string read_issue(const Options& options);

/// uname(2)'s node name.
[[nodiscard]] std::string host_name();

}  // namespace getty
