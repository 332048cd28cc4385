#include "tests/inits/machine.hpp"
#include "tests/inits/process_one.hpp"
#include "tests/pty/test_world.hpp"

#include <filesystem>

#include <doctest/doctest.h>

TEST_CASE("init: runit, by its service") {
    const auto run = inits::entry("runit-run");
    inits::InstalledPackages packages{{"runit"}};
    pty::TestWorld world;
    packages.install_in(world);
    pty::add_person(world, inits::ann);
    pty::Line line;
    inits::stand_at(world, line.path(), "/dev/ttyS0");
    world.write_file("/etc/runit/1", "#!/bin/sh\n", 0755);
    world.write_file("/etc/runit/2", "#!/bin/sh\nexec runsvdir -P /etc/service\n", 0755);
    world.write_file("/etc/sv/getty-ttyS0/run", run, 0755);
    world.remove_file("/etc/service");
    std::filesystem::create_directory("/etc/service");
    std::filesystem::create_directory_symlink("/etc/sv/getty-ttyS0", "/etc/service/getty-ttyS0");
    auto init = inits::start_as_process_one({.arguments = {"/sbin/runit"}});
    inits::visit({.world = world, .line = line});
    CHECK(init.is_running());
}
