#pragma once

#include "getty/line_profile.hpp"

#include <string_view>

namespace getty {

/// gettydefs(4) of System V: `label# initial-flags # final-flags # prompt #next-label`,
/// entries separated by an empty line, each on as many lines as it likes, and
/// comments that begin a line with `#`. A backslash takes the meaning from a
/// `#`. The prompt is kept as written, blanks and newlines too: render_prompt()
/// knows its escapes.
[[nodiscard]] ReadProfiles read_gettydefs(std::string_view text);

}  // namespace getty
