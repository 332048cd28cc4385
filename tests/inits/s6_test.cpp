#include "tests/inits/machine.hpp"
#include "tests/inits/process_one.hpp"
#include "tests/pty/test_world.hpp"

#include <doctest/doctest.h>

TEST_CASE("init: s6, by its service") {
    const auto run = inits::entry("s6-run");
    inits::InstalledPackages packages{{"s6", "libs6-2.11", "libskarnet2.13", "libexecline2.9"}};
    pty::TestWorld world;
    packages.install_in(world);
    pty::add_person(world, inits::ann);
    pty::Line line;
    inits::stand_at(world, line.path(), "/dev/ttyS0");
    world.write_file("/run/service/getty-ttyS0/run", run, 0755);
    auto init =
        inits::start_as_process_one({.arguments = {"/usr/bin/s6-svscan", "/run/service"},
                                     .environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}});
    inits::visit({.world = world, .line = line});
    CHECK(init.is_running());
}
