#pragma once

#include "common/terminal.hpp"
#include "login/line.hpp"

#include <string>

#include <sys/types.h>
#include <termios.h>

namespace login {

/// A login that hangs, seen from outside.
struct OverdueLogin {
    pid_t process = -1;
    int handle = -1;  ///< its pidfd
    const common::Terminal& terminal;
    const Line& line;
    termios modes_after{};
    bool has_somebody = true;  ///< who waits at the line
    std::string reason{};      ///< for the log
};

/// Has it stop, so that nothing of it changes under our hands. False where it
/// did not within a moment: it hangs in the kernel.
bool stop_login(const OverdueLogin& login) noexcept;
void let_login_go_on(const OverdueLogin& login) noexcept;

/// Takes the line back, ends the record and then the processes: those that the
/// login has started and those in its session, itself last. Whoever starts the
/// next getty when login is gone finds the line free. Less than a second.
void end_overdue_login(const OverdueLogin& login) noexcept;

}  // namespace login
