#pragma once

#include "common/environment.hpp"
#include "common/user.hpp"
#include "login/settings.hpp"

#include <string>
#include <string_view>

namespace login {

enum class KeepEnvironment { no, yes };

/// What login itself runs with: what it was started with is not trusted, by
/// itself or by the modules it loads.
[[nodiscard]] common::Environment own_environment(const common::Environment& inherited);

/// What the shell starts with: the terminal's type, then ours, then what the
/// gate's session wants, except where it would say who the user is. With -p a
/// few variables of the caller's more. Values that could be anything but what
/// their name says are dropped.
[[nodiscard]] common::Environment shell_environment(const common::User& user,
                                                    std::string_view shell,
                                                    const common::Environment& inherited,
                                                    KeepEnvironment keep,
                                                    const common::Environment& from_gate,
                                                    const Settings& settings);

/// Variables that make programs load, read or connect to something else. No
/// setting can let them through.
[[nodiscard]] bool is_dangerous(std::string_view name);

}  // namespace login
