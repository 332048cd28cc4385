#pragma once

#include "common/terminal.hpp"
#include "common/unique_fd.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include <sys/types.h>

namespace getty {

/// A login beside its getty, which has other lines to serve.
struct LoginProcess {
    common::UniqueFd ended;  ///< pidfd, readable when it has ended; not open on a kernel without
    pid_t id = 0;
    std::chrono::steady_clock::time_point started{};
};

/// Makes a process that leads a session of its own, has the line for its controlling
/// terminal and on its descriptors 0, 1 and 2, and calls `become`, which does not
/// return. What that throws is logged and said on the line, and is the end of that
/// process alone. std::system_error where there can be no process.
[[nodiscard]] LoginProcess start_login(const common::Terminal& line,
                                       const std::function<void()>& become);

/// wait(2)'s status once it has ended.
[[nodiscard]] std::optional<int> status_of(const LoginProcess& login);

/// What the log should know of a login that ended so; nothing where it ended as logins
/// do: after a session, by a refusal, by a hang-up or because it was told to.
[[nodiscard]] std::optional<std::string> oddity_in(int status);

}  // namespace getty
