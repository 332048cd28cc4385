#include "tests/inits/machine.hpp"
#include "tests/inits/process_one.hpp"
#include "tests/pty/test_world.hpp"

#include <doctest/doctest.h>

TEST_CASE("init: BusyBox, by the lines for its inittab") {
    const auto inittab = inits::entry("busybox-inittab");
    const auto program = pty::fetched_file("busybox-static", "/bin/busybox");
    pty::TestWorld world;
    pty::add_person(world, inits::ann);
    pty::Line line;
    inits::stand_at(world, line.path(), "/dev/ttyS0");
    world.write_file("/etc/inittab", inittab);
    world.write_file("/run/busybox", program, 0755);
    auto init = inits::start_as_process_one({.arguments = {"init"}, .program = "/run/busybox"});
    // Of a login that ends without its undo init ends the record.
    inits::visit({.world = world, .line = line, .orphan = inits::Orphan::is_hung_up});
    CHECK(init.is_running());
}
