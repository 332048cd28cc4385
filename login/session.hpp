#pragma once

#include "common/user.hpp"
#include "login/gate.hpp"
#include "login/shell_process.hpp"

#include <string>

#include <sys/types.h>

namespace login {

/// What a session takes from the machine and gives back to it: the one seam
/// between the order of things, which is session.cpp, and the things. Tests put
/// a journal in its place.
class Machine {
  public:
    Machine() = default;
    Machine(const Machine&) = delete;
    Machine(Machine&&) = delete;
    Machine& operator=(const Machine&) = delete;
    Machine& operator=(Machine&&) = delete;
    virtual ~Machine() = default;

    /// Limits, umask and nice as a session starts with them.
    virtual void set_defaults() = 0;
    virtual void take_groups(const common::User& user) = 0;
    virtual void give_groups_back() noexcept = 0;
    /// Also takes note of what the session is going to change.
    [[nodiscard]] virtual Greeting greeting_for(const common::User& user) = 0;
    virtual void lend_terminal(const common::User& user) = 0;
    virtual void take_terminal_back() noexcept = 0;
    virtual void greet(const common::User& user) = 0;
    /// Returns the shell's session.
    [[nodiscard]] virtual pid_t hold_shell(const common::User& user, Gate& gate) = 0;
    /// Ends a shell that was not waited for.
    virtual void drop_shell() noexcept = 0;
    virtual void record_login(const common::User& user, pid_t session) = 0;
    virtual void record_logout() noexcept = 0;
    /// Has this process lead a session on the line. Returns it.
    [[nodiscard]] virtual pid_t lead_session() = 0;
    /// Returns only by throwing, as long as all can be undone.
    virtual void become_shell(const common::User& user, Gate& gate) = 0;
    /// Returns login's own exit status.
    [[nodiscard]] virtual int release_shell_and_wait() = 0;
};

/// From the right to come in to the end of the session. Whatever was taken is
/// given back in reverse order, on every way out.
[[nodiscard]] int hold_session(Machine& machine, Gate& gate, const common::User& user);

/// The same up to the shell, which login then becomes (--exec-shell): for a gate
/// without a session to close. Nobody waits, so that the record and the line are
/// for the next getty to see to.
void become_session(Machine& machine, Gate& gate, const common::User& user);

}  // namespace login
