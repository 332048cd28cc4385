// What login itself does with memory while somebody is let in by PAM, seen by
// valgrind. In the stress suite: it takes long.

#include "tests/pty/dialogue.hpp"
#include "tests/pty/process.hpp"
#include "tests/pty/test_world.hpp"
#include "tests/testing.hpp"

#include <filesystem>
#include <string>

#include <doctest/doctest.h>

namespace {

/// Twenty times slower, on a machine that is busy.
constexpr pty::Milliseconds slow{120'000};

}  // namespace

TEST_CASE("valgrind finds nothing in a login by PAM, from the question to the end") {
    if (TTYGATE_SANITIZED != 0 || TTYGATE_WITH_PAM == 0) {
        tests::skip("needs a login with PAM that is not sanitized");
    }
    if (!std::filesystem::exists("/usr/bin/valgrind")) {
        tests::skip("needs valgrind");
    }
    pty::TestWorld world;
    pty::choose_gate(world, pty::Gate::pam);
    // valgrind moves more than a login should need.
    world.append_file("/etc/ttygate/login.conf", "LOGIN_MODULE_TIMEOUT 100\n");
    pty::add_person(world, {.name = "ann", .password = "secret"});
    // It does not know TIOCGSID, and what that writes.
    world.write_file("/tmp/suppressions",
                     "{\n"
                     "  TIOCGSID\n"
                     "  Memcheck:Cond\n"
                     "  fun:*owner_of_session*\n"
                     "}\n");
    pty::Line line;
    auto login = line.start_on({.arguments = {"/usr/bin/valgrind",
                                              "--leak-check=full",
                                              "--show-leak-kinds=definite,indirect,possible",
                                              "--errors-for-leak-kinds=definite,indirect,possible",
                                              "--error-exitcode=99",
                                              "--child-silent-after-fork=yes",
                                              "--log-file=/tmp/valgrind.log",
                                              "--suppressions=/tmp/suppressions",
                                              pty::World::login()},
                                .session = pty::Session::leader_with_terminal});
    line.expect("login: ", slow);
    line.send("ann\r");
    line.expect("Password: ", slow);
    line.send("wrong\r");
    line.expect("Login incorrect", slow);
    line.expect("login: ", slow);
    line.send("ann\r");
    line.expect("Password: ", slow);
    line.send("secret\r");
    // valgrind 3.19 has no pidfd_open(2): then all but the shell has been there.
    bool has_shell = false;
    pty::wait_until(
        [&] {
            has_shell = line.unmatched().find(pty::shell_prompt) != std::string::npos;
            return has_shell || line.unmatched().find("watch a child") != std::string::npos;
        },
        slow);
    if (has_shell) {
        line.send("exit\r");
    }
    const auto exit = login.wait_exit(slow);
    const std::string report = world.read_file("/tmp/valgrind.log");
    CAPTURE(report);
    CHECK(exit == pty::Exit{.status = has_shell ? 0 : 1});
    CHECK(report.find("ERROR SUMMARY: 0 errors") != std::string::npos);
}
