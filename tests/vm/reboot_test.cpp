#include "tests/vm/guest.hpp"

#include <doctest/doctest.h>

TEST_CASE("power goes with people logged in: after the boot utmp has no ghosts, wtmp their end") {
    vm::Machine& machine = vm::the_machine();
    for (const char* const name : {"ttyS0", "hvc0"}) {
        vm::log_in(name);
    }
    CHECK(machine.holds("who | grep '^ann *ttyS0' && who | grep '^ann *hvc0'"));
    // One on a line that no getty serves.
    machine.run(
        "who -a >/dev/null; utmpdump /run/utmp 2>/dev/null >/tmp/records; "
        "grep 'ann .*hvc0' /tmp/records | sed 's/hvc0 /pts9 /; s/\\[h0  /[p9  /' "
        ">>/tmp/records; utmpdump -r </tmp/records >/run/utmp 2>/dev/null");
    CHECK(machine.holds("who | grep '^ann *pts9'"));
    machine.run("sync");
    const std::string before = machine.run("cat /proc/sys/kernel/random/boot_id");
    machine.power_cycle();
    CHECK(machine.run("cat /proc/sys/kernel/random/boot_id") != before);
    for (const char* const name : {"ttyS0", "ttyS5", "hvc0"}) {
        machine.line(name).expect("box login: ", vm::step_deadline);
    }
    machine.wait_for("! who | grep ann");
    CHECK(machine.run("last -w").find("still logged in") == std::string::npos);
    pty::Line& line = vm::log_in("ttyS0");
    CHECK(vm::ask_shell(line, "who").starts_with("ann      ttyS0 "));
    vm::log_out(line);
}
