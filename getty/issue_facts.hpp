#pragma once

#include "common/terminal.hpp"
#include "getty/issue.hpp"
#include "getty/options.hpp"

#include <string>

namespace getty {

/// The facts of this machine and this line, each looked up when it is asked for.
[[nodiscard]] IssueFacts collect_facts(const common::Terminal& line);

/// The issue as written: the files of --issue-file, or the first of /etc/issue,
/// /run/issue, /usr/lib/issue and then *.issue of the issue.d directories
/// beside them, where a name in an earlier directory hides the same name in a
/// later one.
[[nodiscard]] std::string read_issue(const Options& options);

/// uname(2)'s node name.
[[nodiscard]] std::string host_name();

}  // namespace getty
