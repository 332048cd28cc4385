#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

namespace common {

/// An account as passwd(5) describes it, owned: later look-ups by a PAM module
/// cannot change it under us.
struct User {
    std::string name{};
    std::string home{};
    std::string shell{};  ///< exactly the field: empty means /bin/sh, by whoever uses it
    uid_t uid = 0;
    gid_t gid = 0;

    bool operator==(const User&) const = default;
};

/// Looks an account up by name, and only by name: "1000" is a name, never a
/// uid. Nothing if there is none; throws std::system_error when the accounts
/// could not be asked.
[[nodiscard]] std::optional<User> find_user(const std::string& name);

}  // namespace common
