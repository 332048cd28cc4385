#include "tests/inits/machine.hpp"
#include "tests/inits/process_one.hpp"
#include "tests/pty/test_world.hpp"

#include <filesystem>

#include <doctest/doctest.h>

TEST_CASE("init: OpenRC, by its service") {
    const auto service = inits::entry("openrc-ttygate");
    inits::InstalledPackages packages{{"openrc", "librc1", "libeinfo1"}};
    pty::TestWorld world;
    packages.install_in(world);
    pty::add_person(world, inits::ann);
    pty::Line line;
    inits::stand_at(world, line.path(), "/dev/ttyS0");
    world.write_file("/etc/init.d/ttygate", service, 0755);
    world.write_file("/etc/conf.d/ttygate.ttyS0", "baud=115200\nterm_type=vt102\n");
    std::filesystem::create_symlink("ttygate", "/etc/init.d/ttygate.ttyS0");
    for (const std::string level : {"sysinit", "boot", "nonetwork", "default"}) {
        world.remove_file("/etc/runlevels/" + level);
        std::filesystem::create_directories("/etc/runlevels/" + level);
    }
    std::filesystem::create_symlink("/etc/init.d/ttygate.ttyS0",
                                    "/etc/runlevels/default/ttygate.ttyS0");
    auto init = inits::start_as_process_one({.arguments = {"/sbin/openrc-init"}});
    inits::visit({.world = world, .line = line});
    CHECK(init.is_running());
}
