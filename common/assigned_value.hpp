#pragma once

#include <string>
#include <string_view>

namespace common {

/// The value of one variable in a text of NAME=value lines as os-release(5),
/// vconsole.conf(5) and the files of /etc/default have them, quotes and
/// backslashes undone; "" if it is not there.
[[nodiscard]] std::string assigned_value(std::string_view text, std::string_view variable);

}  // namespace common
