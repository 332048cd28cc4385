#pragma once

#include <string>
#include <string_view>

namespace common {

enum class LineBreaks {
    shown,  ///< as ^J, ^I: the text is one line
    kept,   ///< newline and tab act: the text is a message of several lines
};

/// Makes text from outside harmless for a terminal or a log: C0 controls and
/// DEL become ^X, C1 controls, bidirectional controls and bytes that are not
/// UTF-8 become \xNN. What is left only ever moves the cursor to the right.
/// This is the one place where untrusted text is made printable.
[[nodiscard]] std::string safe_text(std::string_view untrusted,
                                    LineBreaks breaks = LineBreaks::shown);

/// The same, in double quotes, for a value inside a log line: quotes,
/// backslashes, `=` and blanks cannot end or forge a field (\xNN). Longer than
/// `limit` bytes is cut and marked with `...`.
[[nodiscard]] std::string quoted(std::string_view untrusted, std::size_t limit = 320);

}  // namespace common
