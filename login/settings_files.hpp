#pragma once

#include "login/settings.hpp"

namespace login {

/// login.defs, then our own file, which has the last word. What is wrong in
/// them is logged with file and line. Throws std::runtime_error where our own
/// file is there but cannot be read: it may say which gate is to be used.
[[nodiscard]] Settings read_settings();

}  // namespace login
