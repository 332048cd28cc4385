#include "tests/inits/process_one.hpp"
#include "tests/inits/systemd_machine.hpp"
#include "tests/pty/process_table.hpp"
#include "tests/pty/test_world.hpp"
#include "tests/pty/virtual_terminal.hpp"

#include <algorithm>
#include <filesystem>

#include <sys/mount.h>
#include <unistd.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using inits::ann;
using inits::Machine;
using inits::Orphan;
using inits::respawn_deadline;
using inits::SystemdMachine;

namespace {

/// What logind says of the session that the shell is in, one property.
std::string property(pty::Line& line, const std::string& name) {
    const std::string text =
        pty::ask_shell(line, "loginctl show-session -p " + name + " --value $XDG_SESSION_ID | cat");
    return text.substr(0, text.find("\r\n"));
}

/// /dev/tty0, whose existence tells the unit and logind that there are virtual
/// terminals; away again before the terminal's undo, which wants one for itself.
class AnyTerminal {
  public:
    AnyTerminal(const pty::World& world, const pty::VirtualTerminal& terminal) {
        inits::stand_at(world, terminal.path(), path);
    }
    AnyTerminal(const AnyTerminal&) = delete;
    AnyTerminal& operator=(const AnyTerminal&) = delete;
    AnyTerminal(AnyTerminal&&) = delete;
    AnyTerminal& operator=(AnyTerminal&&) = delete;
    ~AnyTerminal() {
        ::umount2(path, MNT_DETACH);
        ::unlink(path);
    }

  private:
    static constexpr const char* path = "/dev/tty0";
};

bool is_running(const std::string& name) {
    const auto processes = pty::running_processes();
    return std::any_of(processes.begin(), processes.end(), [&](const pty::RunningProcess& process) {
        return process.name == name && process.state != 'Z';
    });
}

bool has_no_sessions(const SystemdMachine& init) {
    return init.ask("loginctl list-sessions --no-legend").find("ann") == std::string::npos;
}

/// Somebody is logged in on the line when its unit is started again: login ends
/// the session as for any other SIGTERM, and a new getty asks.
void restart_while_logged_in(const Machine& machine,
                             const SystemdMachine& init,
                             const std::string& unit) {
    pty::Line& line = machine.line;
    inits::log_in_as_ann(line);
    const auto before = machine.record();
    CHECK(before.type == USER_PROCESS);
    const auto logouts = machine.count_in_wtmp(DEAD_PROCESS);
    CHECK(init.ask("systemctl restart " + unit) == "");
    line.expect("box login: ", respawn_deadline);
    CHECK(machine.record().type == LOGIN_PROCESS);
    CHECK(machine.record().process != before.process);
    CHECK(machine.count_in_wtmp(DEAD_PROCESS) > logouts);
    CHECK(line.owner() == pty::nobodys_line);
    CHECK(pty::wait_until([&] { return has_no_sessions(init); }));
}

}  // namespace

TEST_CASE("init: systemd, by the drop-in for console-getty") {
    inits::Systemd systemd;
    pty::TestWorld world;
    systemd.install_in(world);
    pty::add_person(world, ann);
    pty::Line line;
    inits::stand_at(world, line.path(), "/dev/console");
    SystemdMachine init{world, {"console-getty.service"}};
    const Machine machine{
        .world = world, .line = line, .name = "console", .orphan = Orphan::is_hung_up};
    inits::visit(machine);
    restart_while_logged_in(machine, init, "console-getty.service");
    CHECK(init.is_running());
}

TEST_CASE("init: systemd, by the drop-in for container-getty@, and what logind says") {
    inits::Systemd systemd;
    pty::TestWorld world;
    systemd.install_in(world);
    pty::add_person(world, ann);
    pty::Line line;
    const std::string number = line.name().substr(line.name().find('/') + 1);
    const std::string unit = "container-getty@" + number + ".service";
    SystemdMachine init{world, {unit}};
    const Machine machine{
        .world = world, .line = line, .name = line.name(), .orphan = Orphan::is_hung_up};
    line.expect("box login: ", respawn_deadline);
    inits::log_in_as_ann(line);
    CHECK(property(line, "Name") == "ann");
    CHECK(property(line, "TTY") == line.name());
    CHECK(property(line, "Service") == "login");
    CHECK(property(line, "Type") == "tty");
    CHECK(property(line, "Class") == "user");
    CHECK(property(line, "Active") == "yes");
    CHECK(property(line, "Remote") == "no");
    CHECK(property(line, "Leader") == std::to_string(machine.record().process));
    CHECK(pty::ask_shell(line, "loginctl list-sessions --no-legend | wc -l") == "1\r\n");
    CHECK(pty::ask_shell(line, "echo $XDG_RUNTIME_DIR") == "/run/user/1001\r\n");
    line.send("exit\r");

    inits::visit(machine);
    CHECK(pty::wait_until([&] { return has_no_sessions(init); }));
    restart_while_logged_in(machine, init, unit);
    CHECK(init.is_running());
}

TEST_CASE("init: systemd, by the drop-in for serial-getty@") {
    inits::Systemd systemd;
    pty::TestWorld world;
    systemd.install_in(world);
    pty::add_person(world, ann);
    pty::Line line;
    inits::stand_at(world, line.path(), "/dev/ttyS0");
    inits::forget_device_of_serial_getty(world);
    SystemdMachine init{world, {"serial-getty@ttyS0.service"}};
    const Machine machine{.world = world, .line = line, .orphan = Orphan::is_hung_up};
    inits::visit(machine);
    restart_while_logged_in(machine, init, "serial-getty@ttyS0.service");
    CHECK(init.is_running());
}

TEST_CASE("init: systemd, by the drop-in for getty@ on a virtual terminal, with a seat") {
    inits::Systemd systemd;
    pty::TestWorld world;
    systemd.install_in(world);
    pty::add_person(world, ann);
    const pty::VirtualTerminal terminal;
    const AnyTerminal any_terminal{world, terminal};
    const std::string unit = "getty@" + terminal.name() + ".service";
    SystemdMachine init{world, {unit}};
    for (int visit = 0; visit < 2; ++visit) {
        terminal.expect_at_cursor("box login: ", respawn_deadline);
        terminal.send("ann\r");
        terminal.expect_at_cursor("Password: ");
        terminal.send("secret\r");
        terminal.expect_at_cursor(pty::shell_prompt, respawn_deadline);
        terminal.send(
            "clear; for what in Name TTY Seat VTNr Type; do loginctl show-session -p $what "
            "--value $XDG_SESSION_ID; done | tr '\\n' ' '\r");
        terminal.expect("ann " + terminal.name() + " seat0 " + std::to_string(terminal.number()) +
                        " tty ready>");
        if (visit == 0) {
            terminal.send("exit\r");
        } else {
            CHECK(init.ask("systemctl restart " + unit) == "");
        }
    }
    terminal.expect_at_cursor("box login: ", respawn_deadline);
    CHECK(terminal.owner() == pty::nobodys_line);
    CHECK(pty::wait_until([&] { return has_no_sessions(init); }));
    CHECK(init.is_running());
}

TEST_CASE("init: systemd's credentials choose who is logged in, and what is shown") {
    inits::Systemd systemd;
    pty::TestWorld world;
    systemd.install_in(world);
    pty::add_person(world, ann);
    pty::Line line;
    inits::stand_at(world, line.path(), "/dev/console");
    world.write_file("/etc/systemd/system/console-getty.service.d/credentials.conf",
                     "[Service]\n"
                     "SetCredential=agetty.autologin:ann\n"
                     "SetCredential=agetty.noissue:yes\n");
    SystemdMachine init{world, {"console-getty.service"}};
    const std::string before = line.expect(pty::shell_prompt, respawn_deadline);
    CHECK(before.find("Password") == std::string::npos);
    CHECK(before.find("Test box") == std::string::npos);
    CHECK(pty::ask_shell(line, "id -un") == "ann\r\n");
    CHECK(property(line, "Name") == "ann");
    line.send("exit\r");
    // And again.
    line.expect(pty::shell_prompt, respawn_deadline);
    CHECK(init.is_running());
}

TEST_CASE("LOGIN_KILL_STRAYS: what logind keeps a session of is left to logind") {
    for (const std::string kills : {"no", "yes"}) {
        CAPTURE(kills);
        inits::Systemd systemd;
        pty::TestWorld world;
        systemd.install_in(world);
        pty::add_person(world, ann);
        world.append_file("/etc/ttygate/login.conf", "LOGIN_KILL_STRAYS yes\n");
        world.append_file("/etc/systemd/logind.conf", "KillUserProcesses=" + kills + "\n");
        pty::Line line;
        inits::stand_at(world, line.path(), "/dev/console");
        SystemdMachine init{world, {"console-getty.service"}};
        line.expect("box login: ", respawn_deadline);
        inits::log_in_as_ann(line);
        static_cast<void>(pty::ask_shell(
            line, "cp /usr/bin/sleep stray; setsid ./stray 1000 >/dev/null 2>&1 </dev/null &"));
        CHECK(pty::wait_until([] { return is_running("stray"); }));
        line.send("exit\r");
        line.expect("box login: ", respawn_deadline);
        if (kills == "yes") {
            CHECK(pty::wait_until([] { return !is_running("stray"); }));
        } else {
            CHECK(pty::wait_until([&] {
                return init.ask("loginctl show-user ann -p State --value") == "closing\n";
            }));
            CHECK(is_running("stray"));
        }
    }
}
