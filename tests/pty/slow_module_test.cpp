// Apart from the watchdog's other tests: it takes the watchdog's own time.
#include "tests/pty/dialogue.hpp"
#include "tests/pty/pam_journal.hpp"
#include "tests/pty/test_world.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};

std::size_t times_in(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("who waits for a slow module is told so, once, and nothing they type is shown") {
    const pty::PamJournal journal;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, ann);
    journal.be_stack(world,
                     "authenticate:ask=Token: authenticate:sleep=2 account:sleep=2 open:sleep=2");
    pty::Visit visit{"ann"};
    visit.line.expect("login: ");
    visit.line.send("ann\r");
    visit.line.expect("Token:");
    // Longer than the watchdog first meant to sleep.
    pty::let_pass(3500ms);
    CHECK(visit.line.transcript().find("Checking") == std::string::npos);
    const auto answered = pty::Clock::now();
    visit.line.send("the-answer\r");
    const std::string before = visit.line.expect("\r\nChecking...\r\n");
    CHECK(pty::Clock::now() - answered >= 2900ms);
    // While the modules are at it, however late a busy machine shows it.
    CHECK(before.find(pty::shell_prompt) == std::string::npos);
    CHECK(pty::Clock::now() - answered <= 10'000ms * pty::slowness);
    visit.line.send("typed-too-early\r");
    visit.line.expect(pty::shell_prompt, 20'000ms * pty::slowness);
    CHECK(times_in(visit.line.transcript(), "Checking") == 1);
    CHECK(visit.line.transcript().find("the-answer") == std::string::npos);
    CHECK(visit.line.transcript().find("typed-too-early") == std::string::npos);
}
