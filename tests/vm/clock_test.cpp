#include "tests/vm/guest.hpp"

#include <string>

#include <doctest/doctest.h>

namespace {

/// Sets the guest's clock, and in the end puts it back to about what it was.
class GuestClock {
  public:
    GuestClock() = default;
    GuestClock(const GuestClock&) = delete;
    GuestClock& operator=(const GuestClock&) = delete;
    GuestClock(GuestClock&&) = delete;
    GuestClock& operator=(GuestClock&&) = delete;
    ~GuestClock() {
        try {
            jump(-years_);
        } catch (const std::exception& problem) {
            ADD_FAIL_CHECK_AT(__FILE__, __LINE__, problem.what());
        }
    }

    void jump(int years) {
        constexpr long year = 365L * 86'400;
        const long seconds = years * year;
        vm::the_machine().run("date -s @$(( $(date +%s) + " + std::to_string(seconds) +
                              " )) >/dev/null");
        years_ += years;
    }

  private:
    int years_ = 0;
};

/// Somebody logs in on hvc0 while the clock goes `years` ahead, and back before
/// the password and in the session.
void log_in_while_the_clock_jumps(int years) {
    CAPTURE(years);
    vm::Machine& machine = vm::the_machine();
    GuestClock clock;
    pty::Line& line = vm::prompt_on("hvc0");
    line.send("an");
    clock.jump(years);
    line.send("n\r");
    line.expect("Password: ", vm::step_deadline);
    clock.jump(-years);
    line.send("wrong\r");
    line.expect("Login incorrect", vm::step_deadline);
    clock.jump(years);
    line.expect("login: ", vm::step_deadline);
    line.send("ann\r");
    line.expect("Password: ", vm::step_deadline);
    clock.jump(-years);
    line.send(vm::ann.password + "\r");
    line.expect(vm::shell_prompt, vm::step_deadline);
    clock.jump(years);
    CHECK(vm::ask_shell(line, "echo still $((1 + 1))") == "still 2\r\n");
    clock.jump(-years);
    vm::log_out(line);
    CHECK(machine.run("who").find(" hvc0 ") == std::string::npos);
    CHECK(vm::log_of("ended without its undo").empty());
}

}  // namespace

TEST_CASE("a clock that jumps ten years, ahead and back, ends nothing and keeps nobody out") {
    log_in_while_the_clock_jumps(10);
    log_in_while_the_clock_jumps(-10);
}
