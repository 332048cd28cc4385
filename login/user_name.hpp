#pragma once

#include <cstddef>
#include <string_view>

namespace login {

constexpr std::size_t longest_user_name = 256;

/// True for what can be an account's name at all: valid UTF-8 of 1 to 256 bytes
/// that is no option and has nothing in it that a command line, a path, a log
/// or passwd(5) would read as something else. A backslash is allowed:
/// DOMAIN\user. What a prompt, an argument and a PAM module gave is held
/// against this before anything is done with it.
[[nodiscard]] bool is_possible_user_name(std::string_view name);

}  // namespace login
