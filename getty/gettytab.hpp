#pragma once

#include "getty/line_profile.hpp"

#include <string_view>

namespace getty {

/// gettytab(5) of the BSDs, in the form of termcap(5): names between `|`, fields
/// between `:`, a backslash at the end of a line continues the entry, `#`
/// begins a comment line. What an entry says wins over its `tc=`, and both over
/// the entry `default`; `xx@` takes a capability away that either has.
///
/// The label of a profile is its first name of more than one letter, without
/// blanks (the one-letter names are those of getty's first tables); `next` is
/// made such a label, whichever name the table uses. A capability that is not
/// given changes nothing here, where BSD has a default of its own.
[[nodiscard]] ReadProfiles read_gettytab(std::string_view text);

}  // namespace getty
