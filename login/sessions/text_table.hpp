#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sessions {

/// A word for a column: harmless, and without blanks that would look like the
/// end of it; `-` where there is nothing.
[[nodiscard]] std::string cell(std::string_view untrusted);

enum class Align { left, right };

/// Lines whose columns are as wide as their widest cell (but the last), two
/// blanks between them. `lines` all have as many cells as there are alignments.
[[nodiscard]] std::string text_table(const std::vector<Align>& columns,
                                     const std::vector<std::vector<std::string>>& lines);

}  // namespace sessions
