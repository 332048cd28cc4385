#include "tests/vm/guest.hpp"

#include <sstream>
#include <vector>

#include <doctest/doctest.h>

namespace {

/// A row of ps -o pid,ppid,pgid,sid,tpgid,tty,comm.
struct Row {
    std::string process;
    std::string parent;
    std::string group;
    std::string session;
    std::string foreground;
    std::string terminal;
    std::string command;
};

Row row_of(const std::string& table, const std::string& command) {
    std::istringstream rows{table};
    for (std::string text; std::getline(rows, text);) {
        std::istringstream words{text};
        Row row;
        words >> row.process >> row.parent >> row.group >> row.session >> row.foreground >>
            row.terminal >> row.command;
        if (row.command == command) {
            return row;
        }
    }
    FAIL_CHECK("no " << command << " in\n" << table);
    return {};
}

constexpr const char* ask_ps = "ps -o pid,ppid,pgid,sid,tpgid,tty,comm";

/// As the textbook has it: the shell leads a session of its own on its line, in
/// which ps is the foreground group; its parent is login, in another.
void check_textbook(const std::string& table, const std::string& line) {
    const Row shell = row_of(table, "bash");
    const Row ps = row_of(table, "ps");
    CHECK(shell.group == shell.process);
    CHECK(shell.session == shell.process);
    CHECK(shell.terminal == line);
    CHECK(ps.parent == shell.process);
    CHECK(ps.session == shell.process);
    CHECK(ps.group == ps.process);
    CHECK(ps.foreground == ps.process);
    CHECK(shell.foreground == ps.process);
    CHECK(shell.parent == vm::the_machine().run("pgrep -x -P 1 login | while read -r id; do "
                                                "pgrep -P $id | grep -qx " +
                                                shell.process + " && echo -n $id; done; true"));
    CHECK(vm::the_machine().run("ps -o sid= -p " + shell.parent + " | tr -d ' \n'") !=
          shell.session);
}

bool is_logged_in(const std::string& line) {
    return vm::the_machine().run("who").find(" " + line + " ") != std::string::npos;
}

void check_whole_session_on(const std::string& name) {
    pty::Line& line = vm::log_in(name);
    CHECK(vm::ask_shell(line, "tty") == "/dev/" + name + "\r\n");
    check_textbook(vm::ask_shell(line, ask_ps), name);
    CHECK(vm::ask_shell(line, "who").find("ann      " + name) != std::string::npos);
    CHECK(vm::node_of(name) == "ann:tty 620\n");
    vm::log_out(line);
    CHECK_FALSE(is_logged_in(name));
    vm::answer_as(vm::bob, line);
    CHECK(vm::node_of(name) == "bob:tty 620\n");
    vm::log_out(line);
    CHECK_FALSE(is_logged_in(name));
    CHECK(vm::node_of(name) == vm::nobodys_node);
}

}  // namespace

TEST_CASE("log in, tty, ps, who, log out and a prompt again: on the serial port ttyS0") {
    check_whole_session_on("ttyS0");
}

TEST_CASE("log in, tty, ps, who, log out and a prompt again: on a serial port of a PCI card") {
    check_whole_session_on("ttyS5");
}

TEST_CASE("log in, tty, ps, who, log out and a prompt again: on the hypervisor's console hvc0") {
    check_whole_session_on("hvc0");
}

TEST_CASE("log in, tty, ps, who, log out and a prompt again: on tty1, by key presses") {
    vm::Machine& machine = vm::the_machine();
    vm::type_name_and_password();
    machine.type("tty\n");
    machine.expect_on_screen("/dev/tty1");
    machine.type("who\n");
    machine.expect_on_screen("ann      tty1 ");
    machine.type(std::string{ask_ps} + "\n");
    machine.expect_on_screen("bash\n");
    check_textbook(machine.expect_on_screen(" ps\nready>"), "tty1");
    machine.photograph("tty1-session");
    CHECK(vm::node_of("tty1") == "ann:tty 620\n");
    machine.type("exit\n");
    machine.expect_last_row("box login:");
    CHECK_FALSE(is_logged_in("tty1"));
    CHECK(vm::node_of("tty1") == vm::nobodys_node);
}

TEST_CASE("three wrong passwords end login, the next getty asks, and btmp has all three") {
    vm::Machine& machine = vm::the_machine();
    pty::Line& line = vm::prompt_on("ttyS0");
    for (int attempt = 0; attempt < 3; ++attempt) {
        if (attempt > 0) {
            line.expect("login: ", vm::step_deadline);
        }
        line.send("bob\r");
        line.expect("Password: ", vm::step_deadline);
        line.send("wrong\r");
        line.expect("Login incorrect", vm::step_deadline);
    }
    line.expect("box ttyS0", vm::step_deadline);
    line.expect("box login: ", vm::step_deadline);
    CHECK(machine.run("lastb | grep -c '^bob *ttyS0'") == "3\n");
    CHECK_FALSE(is_logged_in("ttyS0"));
}

TEST_CASE("a killed getty and a killed login are started again by init, and leave nothing") {
    vm::Machine& machine = vm::the_machine();
    pty::Line& line = vm::prompt_on("ttyS5");
    const std::string getty = vm::leader_on("ttyS5");
    machine.run("kill -KILL " + getty);
    line.expect("box ttyS5", vm::step_deadline);
    line.expect("box login: ", vm::step_deadline);
    vm::answer_as(vm::ann, line);
    const std::string login = vm::leader_on("ttyS5");
    CHECK(login != getty);
    const std::string shell = machine.run("pgrep -P " + login + " bash | tr -d '\n'");
    machine.run("kill -KILL " + login);
    line.expect("box login: ", vm::step_deadline);
    CHECK_FALSE(is_logged_in("ttyS5"));
    CHECK_FALSE(machine.holds("kill -0 " + shell));
    CHECK(vm::node_of("ttyS5") == vm::nobodys_node);
}
