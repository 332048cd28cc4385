#pragma once

#include <string>
#include <string_view>

namespace login {

/// What is exec'd, and what it finds as argv[0].
struct ShellCommand {
    std::string path{};
    std::string argv0{};  ///< "-sh": that is how a shell knows it is a login shell

    bool operator==(const ShellCommand&) const = default;
};

/// The field of passwd(5) as a command; empty means /bin/sh.
[[nodiscard]] ShellCommand shell_command(std::string_view field);

}  // namespace login
