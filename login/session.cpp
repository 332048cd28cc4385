#include "login/session.hpp"

namespace login {

namespace {

/// Each of these takes something in its constructor and gives it back in its
/// destructor: reverse order is the logout.
class TakenGroups {
  public:
    TakenGroups(Machine& machine, const common::User& user) : machine_(machine) {
        machine_.take_groups(user);
    }
    TakenGroups(const TakenGroups&) = delete;
    TakenGroups(TakenGroups&&) = delete;
    TakenGroups& operator=(const TakenGroups&) = delete;
    TakenGroups& operator=(TakenGroups&&) = delete;
    ~TakenGroups() { machine_.give_groups_back(); }

  private:
    Machine& machine_;
};

class OpenSession {
  public:
    OpenSession(Gate& gate, bool quietly) : gate_(gate) {
        try {
            gate_.open_session(quietly);
        } catch (...) {
            // Of its steps some may have been taken.
            gate_.close_session();
            throw;
        }
    }
    OpenSession(const OpenSession&) = delete;
    OpenSession(OpenSession&&) = delete;
    OpenSession& operator=(const OpenSession&) = delete;
    OpenSession& operator=(OpenSession&&) = delete;
    ~OpenSession() { gate_.close_session(); }

  private:
    Gate& gate_;
};

class TerminalLoan {
  public:
    TerminalLoan(Machine& machine, const common::User& user) : machine_(machine) {
        machine_.lend_terminal(user);
    }
    TerminalLoan(const TerminalLoan&) = delete;
    TerminalLoan(TerminalLoan&&) = delete;
    TerminalLoan& operator=(const TerminalLoan&) = delete;
    TerminalLoan& operator=(TerminalLoan&&) = delete;
    ~TerminalLoan() { machine_.take_terminal_back(); }

  private:
    Machine& machine_;
};

class HeldShell {
  public:
    HeldShell(Machine& machine, const common::User& user, Gate& gate)
        : machine_(machine), session_(machine.hold_shell(user, gate)) {}
    HeldShell(const HeldShell&) = delete;
    HeldShell(HeldShell&&) = delete;
    HeldShell& operator=(const HeldShell&) = delete;
    HeldShell& operator=(HeldShell&&) = delete;
    ~HeldShell() { machine_.drop_shell(); }

    [[nodiscard]] pid_t session() const noexcept { return session_; }
    [[nodiscard]] int release_and_wait() { return machine_.release_shell_and_wait(); }

  private:
    Machine& machine_;
    pid_t session_;
};

class LoginRecord {
  public:
    LoginRecord(Machine& machine, const common::User& user, pid_t session) : machine_(machine) {
        machine_.record_login(user, session);
    }
    LoginRecord(const LoginRecord&) = delete;
    LoginRecord(LoginRecord&&) = delete;
    LoginRecord& operator=(const LoginRecord&) = delete;
    LoginRecord& operator=(LoginRecord&&) = delete;
    ~LoginRecord() { machine_.record_logout(); }

  private:
    Machine& machine_;
};

}  // namespace

int hold_session(Machine& machine, Gate& gate, const common::User& user) {
    // Before the session opens, so that its modules have the last word on them.
    machine.set_defaults();
    // Before the credentials, which a module may put groups into.
    const TakenGroups groups{machine, user};
    const bool quiet = machine.wants_quiet(user);
    const OpenSession session{gate, quiet};
    const TerminalLoan loan{machine, user};
    machine.greet(user);

    HeldShell shell{machine, user, gate};
    // Names the shell's session, and is there before the shell is.
    const LoginRecord record{machine, user, shell.session()};
    return shell.release_and_wait();
}

void become_session(Machine& machine, Gate& gate, const common::User& user) {
    machine.set_defaults();
    const TakenGroups groups{machine, user};
    const bool quiet = machine.wants_quiet(user);
    const OpenSession session{gate, quiet};
    const TerminalLoan loan{machine, user};
    machine.greet(user);
    const LoginRecord record{machine, user, machine.lead_session()};
    machine.become_shell(user, gate);
}

}  // namespace login
