// Built with -Dutmpx=none: the files may be there, and are nobody's business.

#include "tests/pty/dialogue.hpp"
#include "tests/pty/test_world.hpp"

#include <string>

#include <doctest/doctest.h>

namespace {

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};

}  // namespace

TEST_CASE("without records: a wrong password, a session and its end leave the files as they were") {
    for (const pty::Gate gate : pty::gates()) {
        CAPTURE(pty::name_of(gate));
        pty::TestWorld world;
        pty::choose_gate(world, gate);
        pty::add_person(world, ann);
        const auto lastlog = world.read_file("/var/log/lastlog");
        pty::Line line;
        auto getty = pty::start_getty(line);
        line.expect("box login: ");
        line.send("ann\r");
        line.expect("Password: ");
        line.send("wrong\r");
        line.expect("Login incorrect");
        pty::log_in(line, "ann", "secret");
        CHECK(line.owner().user == ann.user);
        line.send("exit\r");
        CHECK(getty.wait_exit() == pty::Exit{.status = 0});
        CHECK(line.owner() == pty::nobodys_line);
        CHECK(world.utmp().empty());
        CHECK(world.wtmp().empty());
        CHECK(world.btmp().empty());
        CHECK(world.read_file("/var/log/lastlog") == lastlog);
        CHECK(world.count_log("record") == 0);
        CHECK(world.count_log("utmp") == 0);
    }
}
