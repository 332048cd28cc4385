#include "tests/pty/accounts.hpp"

#include <cstring>
#include <memory>
#include <stdexcept>

#include <crypt.h>

namespace pty {

namespace {

std::string number(const std::optional<long>& value) {
    return value ? std::to_string(*value) : std::string{};
}

std::string password_field_of(const Account& account) {
    if (account.password_field) {
        return *account.password_field;
    }
    return account.password.empty() ? std::string{} : hashed(account.password);
}

/// crypt_gensalt(3): the smallest count each method accepts.
unsigned long lowest_cost(const std::string& prefix) {
    if (prefix == "$y$" || prefix == "$gy$") {
        return 1;
    }
    if (prefix.starts_with("$2")) {
        return 4;
    }
    if (prefix == "$5$" || prefix == "$6$") {
        return 1000;
    }
    return 0;
}

}  // namespace

std::string home_of(const Account& account) {
    return account.home.value_or("/home/" + account.name);
}

gid_t group_of(const Account& account) {
    return account.group.value_or(account.user);
}

std::string passwd_line(const Account& account) {
    return account.name + ":x:" + std::to_string(account.user) + ":" +
           std::to_string(group_of(account)) + ":" + account.full_name + ":" + home_of(account) +
           ":" + account.shell + "\n";
}

std::string shadow_line(const Account& account) {
    return account.name + ":" + password_field_of(account) + ":" + number(account.last_change) +
           ":" + number(account.minimum_age) + ":" + number(account.maximum_age) + ":" +
           number(account.warning_period) + ":" + number(account.grace_period) + ":" +
           number(account.expiry) + ":\n";
}

std::string group_line(const Account& account) {
    return account.name + ":x:" + std::to_string(group_of(account)) + ":\n";
}

std::string hashed(const std::string& password, const std::string& prefix) {
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    if (::crypt_gensalt_rn(
            prefix.c_str(), lowest_cost(prefix), nullptr, 0, setting, sizeof setting) == nullptr) {
        throw std::runtime_error{"crypt_gensalt knows no " + prefix};
    }
    // Larger than a stack frame should be.
    const auto work = std::make_unique<crypt_data>();
    const char* hash = ::crypt_rn(password.c_str(), setting, work.get(), sizeof(crypt_data));
    if (hash == nullptr) {
        throw std::runtime_error{"crypt failed for " + prefix};
    }
    return hash;
}

}  // namespace pty
