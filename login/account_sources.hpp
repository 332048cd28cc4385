#pragma once

#include <string_view>

namespace login {

/// Where accounts and groups come from.
enum class AccountSources {
    files,         ///< passwd(5), shadow(5) and group(5), and nothing else
    this_machine,  ///< also other things that are here, and answer
    elsewhere      ///< a server that need not answer, asked by code that is not ours
};

/// By nsswitch.conf(5). What it does not say is the C library's affair.
[[nodiscard]] AccountSources account_sources(std::string_view nsswitch);

/// The same of this machine. Where it is the files alone the C library is told so:
/// it reads nsswitch.conf no more, and asks no nscd(8).
AccountSources settle_account_sources();

/// Has the C library take accounts from the local files, in this process. Throws
/// std::runtime_error where it cannot.
void use_local_accounts();
/// Whether it does.
[[nodiscard]] bool uses_local_accounts() noexcept;

}  // namespace login
