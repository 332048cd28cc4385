#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace login {

/// What faillog(5) knows of an account. The limits are the administrator's, by
/// faillog(8).
struct FailureCount {
    std::int16_t failures = 0;          ///< since the last success
    std::int16_t most = 0;              ///< how many may be; 0: any number
    std::string line{};                 ///< of the last one
    std::chrono::sys_seconds last{};    ///< when that was
    std::chrono::seconds lock_time{0};  ///< for how long it locks; 0: until it is reset

    bool operator==(const FailureCount&) const = default;
};

/// True when so many failures, so lately, keep everybody out.
[[nodiscard]] bool is_locked_out(const FailureCount& count, std::chrono::sys_seconds now);

[[nodiscard]] FailureCount after_failure(FailureCount count,
                                         std::string_view line,
                                         std::chrono::sys_seconds now);

/// The count begins anew; what faillog(8) shows of the last failure stays.
[[nodiscard]] FailureCount after_success(FailureCount count);

/// Changes an account's entry, under a lock that is waited for 100 ms at most,
/// and returns what it was before. Nothing where the file is not there: it is
/// never created, so that a machine without one counts nothing. Throws
/// std::system_error.
std::optional<FailureCount> change_failure_count(
    uid_t user,
    const std::function<FailureCount(FailureCount)>& change,
    const std::string& path = "/var/log/faillog");

/// The same without a change.
[[nodiscard]] std::optional<FailureCount> read_failure_count(
    uid_t user, const std::string& path = "/var/log/faillog");

}  // namespace login
