#include "login/shell_command.hpp"

namespace login {

ShellCommand shell_command(std::string_view field) {
    const std::string_view path = field.empty() ? "/bin/sh" : field;
    const auto slash = path.rfind('/');
    const std::string_view base = slash == std::string_view::npos ? path : path.substr(slash + 1);
    return {.path = std::string{path}, .argv0 = "-" + std::string{base}};
}

}  // namespace login
