#include "login/session.hpp"

#include "common/undo.hpp"

namespace login {

namespace {

/// Whatever is taken here is given back in reverse order, on every way out.
template <typename Inside>
auto within_session(Machine& machine, Gate& gate, const common::User& user, Inside inside) {
    // Before the session opens, so that its modules have the last word on them.
    machine.set_defaults();
    // Before the credentials, which a module may put groups into.
    machine.take_groups(user);
    const common::Undo groups{[&] { machine.give_groups_back(); }};
    const Greeting greeting = machine.greeting_for(user);
    // Of its steps some may have been taken when one fails.
    const common::Undo session{[&] { gate.close_session(); }};
    gate.open_session(greeting);
    machine.lend_terminal(user);
    const common::Undo loan{[&] { machine.take_terminal_back(); }};
    machine.greet(user);
    return inside();
}

}  // namespace

int hold_session(Machine& machine, Gate& gate, const common::User& user) {
    return within_session(machine, gate, user, [&] {
        const pid_t session = machine.hold_shell(user, gate);
        const common::Undo shell{[&] { machine.drop_shell(); }};
        // Names the shell's session, and is there before the shell is.
        machine.record_login(user, session);
        const common::Undo record{[&] { machine.record_logout(); }};
        return machine.release_shell_and_wait();
    });
}

void become_session(Machine& machine, Gate& gate, const common::User& user) {
    within_session(machine, gate, user, [&] {
        machine.record_login(user, machine.lead_session());
        const common::Undo record{[&] { machine.record_logout(); }};
        machine.become_shell(user, gate);
    });
}

}  // namespace login
