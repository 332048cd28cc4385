#include "tests/vm/guest.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <sys/ioctl.h>
#include <termios.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

/// The speed that the guest's UART has been set to, seen from outside.
speed_t speed_of(const std::string& name) {
    return ::cfgetospeed(std::make_unique<termios>(vm::the_machine().line(name).modes()).get());
}

tcflag_t frame_of(const std::string& name) {
    return vm::the_machine().frame_of(name) & (CSIZE | PARENB | PARODD | CSTOPB);
}

constexpr unsigned modem_ready = TIOCM_DSR | TIOCM_CTS;
constexpr unsigned connected = modem_ready | TIOCM_CD;

/// A shell on this line, and what becomes of it when the carrier is dropped.
std::string shell_on(const std::string& name) {
    return vm::the_machine().run("pgrep -P " + vm::leader_on(name) + " bash | tr -d '\n'");
}

/// The name with the eighth bit of each character so that the ones are even.
std::string with_even_parity(std::string text) {
    for (char& letter : text) {
        const auto bits = static_cast<unsigned char>(letter);
        if (__builtin_parity(bits) != 0) {
            letter = static_cast<char>(bits | 0x80U);
        }
    }
    return text;
}

}  // namespace

TEST_CASE("a UART gets speed and frame as getty was told") {
    for (const char* const name : {"ttyS0", "ttyS5", "ttyS7"}) {
        vm::prompt_on(name);
    }
    CHECK(speed_of("ttyS0") == B9600);
    CHECK(frame_of("ttyS0") == CS8);
    CHECK(speed_of("ttyS5") == B19200);
    // "2400e7": 7 bits and even parity, as the kernel spells it.
    CHECK(speed_of("ttyS7") == B2400);
    CHECK(frame_of("ttyS7") == (CS7 | PARENB));
}

TEST_CASE("a name with parity bits: the UART has 7 bits and parity after it (--detect-parity)") {
    vm::Machine& machine = vm::the_machine();
    // A getty that has heard nothing without parity yet.
    pty::Line& line = vm::prompt_on("ttyS6");
    machine.run("kill -KILL " + vm::leader_on("ttyS6"));
    line.expect("box ttyS6", vm::step_deadline);
    line.expect("box login: ", vm::step_deadline);
    CHECK(speed_of("ttyS6") == B57600);
    CHECK(frame_of("ttyS6") == CS8);
    line.send(with_even_parity("bob\r"));
    line.expect("Password: ", vm::step_deadline);
    CHECK(frame_of("ttyS6") == (CS7 | PARENB));
    line.send(with_even_parity("bobs own\r"));
    line.expect(vm::shell_prompt, vm::step_deadline);
    // Not bash, which sets modes of its own while it is typed to.
    line.send(with_even_parity("stty -a\r"));
    const std::string modes = line.expect(vm::shell_prompt, vm::step_deadline);
    CHECK(modes.find(" istrip ") != std::string::npos);
    CHECK(modes.find(" cs7 ") != std::string::npos);
    CHECK(modes.find("\nparenb ") != std::string::npos);
    line.send(with_even_parity("exit\r"));
    line.expect("box login: ", vm::step_deadline);
    CHECK(frame_of("ttyS6") == CS8);
}

TEST_CASE("BREAK on a line with one speed changes neither the speed nor what has been typed") {
    vm::Machine& machine = vm::the_machine();
    pty::Line& line = vm::prompt_on("ttyS0");
    line.send("bo");
    line.expect("bo", vm::step_deadline);
    machine.send_break("ttyS0");
    line.send("b\r");
    line.expect("Password: ", vm::step_deadline);
    CHECK(speed_of("ttyS0") == B9600);
    line.send(vm::bob.password + "\r");
    line.expect(vm::shell_prompt, vm::step_deadline);
    vm::log_out(line);
}

TEST_CASE("BREAK on a line with several speeds goes on to the next, round and round") {
    vm::Machine& machine = vm::the_machine();
    pty::Line& line = vm::prompt_on("ttyS1");
    CHECK(speed_of("ttyS1") == B115200);
    for (const auto speed : std::to_array<speed_t>({B38400, B9600, B115200, B38400})) {
        CAPTURE(speed);
        // Several in a tenth of a second are one.
        pty::let_pass(200ms);
        machine.send_break("ttyS1");
        CHECK(pty::wait_until([&] { return speed_of("ttyS1") == speed; }, vm::step_deadline));
        line.expect("box login: ", vm::step_deadline);
    }
    // And login keeps the one that was settled on.
    line.send("bob\r");
    line.expect("Password: ", vm::step_deadline);
    CHECK(speed_of("ttyS1") == B38400);
    line.send(vm::bob.password + "\r");
    line.expect(vm::shell_prompt, vm::step_deadline);
    CHECK(vm::ask_shell(line, "stty speed") == "38400\r\n");
    vm::log_out(line);
}

TEST_CASE("-L=never: without carrier there is no prompt, with it there is, without it no session") {
    vm::Machine& machine = vm::the_machine();
    pty::Line& line = machine.line("ttyS4");
    const std::string getty = machine.run("pgrep -f 'getty.*ttyS4' | tr -d '\n'");
    line.expect_nothing(1s);
    // It waits ready for a call.
    CHECK((machine.outputs_of("ttyS4") & TIOCM_DTR) != 0);
    for (int call = 0; call < 2; ++call) {
        CAPTURE(call);
        machine.set_modem_lines("ttyS4", connected);
        line.expect("box login: ", vm::step_deadline);
        CHECK(speed_of("ttyS4") == B300);
        vm::answer_as(vm::ann, line);
        CHECK((machine.outputs_of("ttyS4") & TIOCM_DTR) != 0);
        const std::string shell = shell_on("ttyS4");
        line.send("sleep 1000\r");
        machine.wait_for("pgrep -P " + shell + " sleep");

        machine.set_modem_lines("ttyS4", modem_ready);
        machine.wait_for("! kill -0 " + shell + " && ! who | grep ttyS4 && ! pgrep -x sleep");
        machine.wait_for("pgrep -f 'getty.*ttyS4'");
        CHECK(vm::node_of("ttyS4") == vm::nobodys_node);
        CHECK(machine.run("last -w ttyS4 | head -n 1").find("still logged in") ==
              std::string::npos);
        // Whoever calls next gets a getty of their own, and not before they call.
        const std::string_view rest = line.unmatched();
        CHECK(rest.find("login: ") == std::string_view::npos);
        line.expect_nothing(500ms);
    }
    CHECK(machine.run("pgrep -f 'getty.*ttyS4' | tr -d '\n'") != getty);
}

TEST_CASE("-L=never: carrier that goes while a name is typed: the next call begins anew") {
    vm::Machine& machine = vm::the_machine();
    pty::Line& line = machine.line("ttyS4");
    machine.set_modem_lines("ttyS4", connected);
    line.expect("box login: ", vm::step_deadline);
    line.send("an");
    line.expect("an", vm::step_deadline);
    machine.set_modem_lines("ttyS4", modem_ready);
    line.expect_nothing(500ms);
    machine.set_modem_lines("ttyS4", connected);
    line.expect("box login: ", vm::step_deadline);
    // Not "anann": nothing of the last call is left.
    vm::answer_as(vm::ann, line);
    machine.set_modem_lines("ttyS4", modem_ready);
    machine.wait_for("! who | grep ttyS4");
}

TEST_CASE("-L=always: a carrier that goes changes nothing") {
    vm::Machine& machine = vm::the_machine();
    pty::Line& line = vm::log_in("ttyS6");
    machine.set_modem_lines("ttyS6", modem_ready);
    CHECK(vm::ask_shell(line, "echo still $((20 + 3))") == "still 23\r\n");
    machine.set_modem_lines("ttyS6", connected);
    CHECK(vm::ask_shell(line, "id -un") == "ann\r\n");
    vm::log_out(line);
}

TEST_CASE("-L=auto: carrier counts if the driver has it so, and only then") {
    vm::Machine& machine = vm::the_machine();
    pty::Line& line = vm::prompt_on("ttyS5");
    // Linux begins with CLOCAL on a UART.
    machine.set_modem_lines("ttyS5", modem_ready);
    vm::answer_as(vm::ann, line);
    const std::string shell = shell_on("ttyS5");
    machine.set_modem_lines("ttyS5", connected);
    CHECK(vm::ask_shell(line, "stty -clocal").empty());
    CHECK(vm::ask_shell(line, "stty -a | grep -c -- -clocal") == "1\r\n");
    machine.set_modem_lines("ttyS5", modem_ready);
    machine.wait_for("! kill -0 " + shell + " && ! who | grep ttyS5");
    machine.set_modem_lines("ttyS5", connected);
    line.expect("box login: ", vm::step_deadline);
    machine.run("stty -F /dev/ttyS5 clocal");
}

TEST_CASE("a port without hardware behind it is waited for by one getty, which says so once") {
    vm::Machine& machine = vm::the_machine();
    CHECK(machine.holds("test -c /dev/ttyS3"));
    const std::string said = vm::log_of("ttyS3");
    CHECK(said.find("line \"ttyS3\" is not there or not ready: waiting for it") !=
          std::string::npos);
    CHECK(std::count(said.begin(), said.end(), '\n') == 1);
    // The one that said so is there still.
    const auto bracket = said.find("getty[") + 6;
    const std::string getty = said.substr(bracket, said.find(']', bracket) - bracket);
    CHECK(machine.run("pgrep -f 'getty.*ttyS3'") == getty + "\n");
}
