#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace getty {

/// Why --autologin USER gives a prompt instead: the account is locked or has
/// expired by shadow(5)'s text. An account that is not in it may live elsewhere
/// and is login's to judge.
[[nodiscard]] std::optional<std::string> reason_against_autologin(std::string_view shadow,
                                                                  std::string_view user,
                                                                  std::chrono::sys_days today);

/// --autologin-once: true the first time since the machine started that it is
/// asked for this line. Where that cannot be noted down it is never true.
[[nodiscard]] bool is_first_autologin(std::string_view line);

}  // namespace getty
