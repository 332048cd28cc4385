#pragma once

#include "getty/line_profile.hpp"

#include <string_view>

namespace getty {

/// ttys(5) of the BSDs: `name "command" type flags`, one line each, `#` begins a
/// comment. The label of a profile is the line's name.
[[nodiscard]] ReadProfiles read_ttys(std::string_view text);

}  // namespace getty
