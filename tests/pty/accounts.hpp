#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace pty {

/// A line of passwd(5), of shadow(5) and of group(5).
struct Account {
    std::string name;
    uid_t user = 1000;
    /// The primary group, made with the account under its name; that of the
    /// user's number unless set.
    std::optional<gid_t> group;
    /// In clear; hashed with yescrypt at its lowest cost. Empty is an empty
    /// password field.
    std::string password;
    /// The password field as it stands, instead of `password`: "!", "*", a
    /// hash by hashed().
    std::optional<std::string> password_field;
    std::string full_name;
    std::optional<std::string> home;  ///< made unless it is there; /home/NAME unless set
    std::string shell = "/bin/sh";
    /// Days since 1970, and numbers of days. Unset fields are empty.
    std::optional<long> last_change = 20'000;
    std::optional<long> minimum_age;
    std::optional<long> maximum_age;
    std::optional<long> warning_period;
    std::optional<long> grace_period;
    std::optional<long> expiry;
};

[[nodiscard]] std::string passwd_line(const Account& account);
[[nodiscard]] std::string shadow_line(const Account& account);
[[nodiscard]] std::string group_line(const Account& account);
[[nodiscard]] std::string home_of(const Account& account);
[[nodiscard]] gid_t group_of(const Account& account);

/// A password field by crypt(3) and crypt_gensalt(3): prefix "$y$" is
/// yescrypt, "$2b$" bcrypt, "$6$" sha512. The cost is the lowest of its kind.
[[nodiscard]] std::string hashed(const std::string& password, const std::string& prefix = "$y$");

}  // namespace pty
