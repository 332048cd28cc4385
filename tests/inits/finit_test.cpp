#include "tests/inits/cgroup.hpp"
#include "tests/inits/machine.hpp"
#include "tests/inits/process_one.hpp"
#include "tests/pty/test_world.hpp"

#include <doctest/doctest.h>

TEST_CASE("init: finit, by its lines") {
    const auto lines = inits::entry("finit-getty.conf");
    inits::InstalledPackages packages{{"finit", "libite5", "libuev3"}};
    pty::TestWorld world;
    packages.install_in(world);
    pty::add_person(world, inits::ann);
    pty::Line line;
    inits::stand_at(world, line.path(), "/dev/ttyS0");
    world.remove_file("/etc/finit.d");
    world.write_file("/etc/finit.d/ttygate.conf", lines);
    // It makes cgroups at the top of what it sees.
    const inits::Cgroup cgroup{world};
    auto init = inits::start_as_process_one(
        {.arguments = {"/sbin/finit"}, .before_exec = [&] { cgroup.become_topmost(); }});
    // Of a login that ends without its undo init ends the record.
    inits::visit({.world = world, .line = line, .orphan = inits::Orphan::is_hung_up});
    CHECK(init.is_running());
}
