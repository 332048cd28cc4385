#pragma once

#include "login/sessions/machine.hpp"

#include <string>
#include <vector>

#include <utmpx.h>

namespace sessions {

/// The records that are wrong, in the order of the file.
[[nodiscard]] std::vector<utmpx> records_to_repair(const Picture& picture);

/// Marks them dead in utmp, and notes the logout in wtmp for those who had
/// logged in. Returns one line of text for each. A record that has changed
/// meanwhile is left alone. Throws std::system_error.
[[nodiscard]] std::string repair(const Picture& picture);

}  // namespace sessions
