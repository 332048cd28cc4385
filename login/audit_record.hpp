#pragma once

#include "login/line.hpp"

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace login {

/// A login that has come about or has not, for the kernel's audit trail.
struct AuditedLogin {
    enum class Result { success, failed };
    Result result = Result::failed;
    std::string user{};          ///< as it may be recorded: see recordable_name()
    std::optional<uid_t> uid{};  ///< of somebody who is in; told in place of the name
};

/// The text of an AUDIT_USER_LOGIN record, in the form of libaudit's
/// audit_log_acct_message(3). `program` is the file that runs. What others have
/// chosen is cut to 256 bytes, and in hexadecimal digits where it could be taken
/// for a field of its own.
[[nodiscard]] std::string audit_text(const AuditedLogin& login,
                                     const Line& line,
                                     std::string_view program);

/// The record as the kernel takes it: netlink(7)'s header, the text, a zero byte.
[[nodiscard]] std::string audit_message(std::string_view text);

/// Writes the record where we are built to and the kernel has an audit trail. It
/// never waits and never fails. PAM's own records are of other types
/// (USER_AUTH, USER_ACCT, USER_START): nothing is there twice.
void audit_login(const AuditedLogin& login, const Line& line) noexcept;

}  // namespace login
