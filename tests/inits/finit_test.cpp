#include "tests/inits/machine.hpp"
#include "tests/inits/process_one.hpp"
#include "tests/pty/test_world.hpp"

#include <doctest/doctest.h>

TEST_CASE("init: finit, by its lines") {
    const auto lines = inits::entry("finit-getty.conf");
    inits::InstalledPackages packages{{"finit", "libite5", "libuev3"}};
    const pty::TestWorld world;
    packages.install_in(world);
    pty::add_person(world, inits::ann);
    pty::Line line;
    inits::stand_at(world, line.path(), "/dev/ttyS0");
    world.remove_file("/etc/finit.d");
    world.write_file("/etc/finit.d/ttygate.conf", lines);
    auto init = inits::start_as_process_one({.arguments = {"/sbin/finit"}});
    inits::visit({.world = world, .line = line});
    CHECK(init.is_running());
}
