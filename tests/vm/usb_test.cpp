#include "tests/pty/wait.hpp"
#include "tests/vm/guest.hpp"

#include <string>

#include <doctest/doctest.h>

namespace {

/// How often a getty has said that it waits for the adapter: at the boot too, if
/// the bus was slower than init.
long times_waited_for() {
    return std::stol(
        vm::the_machine().run("grep -c 'getty.*ttyUSB0.* is not there' /var/log/messages || true"));
}

}  // namespace

TEST_CASE("a USB adapter pulled out ends the session; plugged in again there is a prompt") {
    vm::Machine& machine = vm::the_machine();
    for (int time = 1; time <= 2; ++time) {
        CAPTURE(time);
        pty::Line& line = vm::log_in("ttyUSB0");
        CHECK(vm::ask_shell(line, "tty") == "/dev/ttyUSB0\r\n");
        const std::string shell =
            machine.run("pgrep -P " + vm::leader_on("ttyUSB0") + " bash | tr -d '\n'");
        const long waited_before = times_waited_for();
        line.send("sleep 1000\r");
        machine.wait_for("pgrep -P " + shell + " sleep");

        machine.unplug_usb_serial();
        machine.wait_for("! test -e /dev/ttyUSB0");
        machine.wait_for("! kill -0 " + shell + " && ! who | grep ttyUSB0 && ! pgrep -x sleep");
        CHECK(machine.run("last -w ttyUSB0 | head -n 1").find("still logged in") ==
              std::string::npos);
        // One getty waits, and says so once.
        REQUIRE(pty::wait_until([&] { return times_waited_for() > waited_before; }));
        const std::string getty = machine.run("pgrep -f 'getty.*ttyUSB0'");
        machine.plug_in_usb_serial();
        line.expect("box ttyUSB0", vm::step_deadline);
        CHECK(machine.run("pgrep -f 'getty.*ttyUSB0'") == getty);
        CHECK(vm::node_of("ttyUSB0") == vm::nobodys_node);
        CAPTURE(vm::log_of("ttyUSB0"));
        CHECK(times_waited_for() == waited_before + 1);
    }
}
