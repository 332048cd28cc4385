#pragma once

#include <string>
#include <string_view>

namespace login {

/// The name of the layout that the machine gives a virtual terminal's keyboard,
/// as vconsole.conf(5) or, where that says nothing, keyboard(5) has it: "de",
/// "us (intl)". "" where neither does, or it is longer than a name.
[[nodiscard]] std::string keyboard_layout(std::string_view vconsole_conf,
                                          std::string_view default_keyboard);

/// The same by this machine's files.
[[nodiscard]] std::string keyboard_layout_here();

}  // namespace login
