#pragma once

#include <string>
#include <string_view>

namespace pty {

/// What a line carried, for a person who reads a failed test: control bytes
/// and bytes above ASCII as C escapes, and a line break after each \n.
[[nodiscard]] std::string escaped(std::string_view bytes);

}  // namespace pty
