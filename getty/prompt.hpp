#pragma once

#include "getty/issue.hpp"
#include "getty/line_profile.hpp"

#include <string>
#include <string_view>

namespace getty {

/// Replaces the escapes of a line table's prompt or initial message, in the
/// profile's style. Facts pass through safe_text; one that nobody can tell is
/// left out.
///
/// gettydefs(4): `@S` host name, `@H` its part before the first dot, `@L` line,
/// `@B` speed, `@D` date (MM/DD/YY), `@T` time (HH:MM:SS), `@U` users, `@V`
/// version of the kernel, `@@`; after a backslash `b f g n r s t v`, one to three
/// octal digits, `D` date (DD/MM), `T` time, `C` both as ctime(3), `L` and `P`
/// line, `N` and `U` users, `S` speed, and `c I Y`, which are nothing here.
///
/// gettytab(5): `%d` date by the profile's format, `%h` host name by its own and
/// its editing string, `%t` line, `%m %r %s %v` as uname(1), `%%`.
[[nodiscard]] std::string render_prompt(std::string_view text,
                                        const LineProfile& profile,
                                        const IssueFacts& facts);

}  // namespace getty
