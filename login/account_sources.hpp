#pragma once

#include <string_view>

namespace login {

/// Whether this nsswitch.conf(5) has accounts or groups come from anywhere but this
/// machine's files: from a server that need not answer, by code that is not ours.
[[nodiscard]] bool asks_elsewhere(std::string_view nsswitch);

/// The same of this machine.
[[nodiscard]] bool accounts_come_from_elsewhere();

}  // namespace login
