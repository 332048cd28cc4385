#pragma once

#include <optional>
#include <string>

namespace login {

/// The text of a PAM service, or of a file by its path, from where libpam reads it.
[[nodiscard]] std::optional<std::string> pam_service_text(const std::string& service);

/// Where libpam loads a module of this name from; nothing where it is not there.
[[nodiscard]] std::optional<std::string> pam_module_path(const std::string& module);

}  // namespace login
