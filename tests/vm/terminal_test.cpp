#include "tests/vm/guest.hpp"

#include <doctest/doctest.h>

namespace {

/// What is on tty1, as Unicode: each character as its four bytes in hexadecimal.
bool screen_has(const std::string& characters) {
    return vm::the_machine().holds("od -An -v -tx4 -w4 /dev/vcsu1 | tr -d '\n' | grep -q '" +
                                   characters + "'");
}

/// a umlaut, on the key of the apostrophe.
class UmlautKey {
  public:
    UmlautKey() {
        vm::the_machine().run(
            "dumpkeys >/tmp/keys; echo 'keycode 40 = U+00e4' | loadkeys -u -C /dev/tty1");
    }
    UmlautKey(const UmlautKey&) = delete;
    UmlautKey& operator=(const UmlautKey&) = delete;
    UmlautKey(UmlautKey&&) = delete;
    UmlautKey& operator=(UmlautKey&&) = delete;
    ~UmlautKey() {
        try {
            vm::the_machine().run("echo 'keycode 40 = apostrophe' | loadkeys -C /dev/tty1");
        } catch (const std::exception& problem) {
            ADD_FAIL_CHECK_AT(__FILE__, __LINE__, problem.what());
        }
    }
};

/// " xäx"
constexpr const char* umlaut_between = " 00000078 000000e4 00000078";

void wait_for_umlaut() {
    CHECK(pty::wait_until([] { return screen_has(umlaut_between); }, vm::step_deadline));
}

}  // namespace

TEST_CASE("tty1 in UTF-8: an umlaut is typed and displayed, at the prompt and in the session") {
    vm::Machine& machine = vm::the_machine();
    const UmlautKey key;
    machine.expect_last_row("box login:");
    machine.type("x'x");
    wait_for_umlaut();
    // One character, not its bytes, goes with each stroke.
    machine.press("backspace");
    machine.press("backspace");
    machine.press("backspace");
    CHECK(pty::wait_until([] { return !screen_has("000000e4"); }, vm::step_deadline));
    vm::type_name_and_password();
    machine.type("cat\n");
    machine.type("x'x\n");
    wait_for_umlaut();
    machine.press("ctrl-d");
    machine.type("exit\n");
    machine.expect_last_row("box login:");
}

TEST_CASE("tty1 is as it should be after a session has left it in colours and in 8-bit mode") {
    vm::Machine& machine = vm::the_machine();
    const UmlautKey key;
    vm::type_name_and_password();
    // Line drawing and 8-bit characters, red on green, a scroll region, no cursor.
    machine.type("setterm --foreground red --background green --inverse on\n");
    machine.type("printf '");
    machine.run("true");
    machine.press("ctrl-c");
    machine.run(
        "cat >/home/ann/break <<'END'\n"
        "printf '\\033%%@\\033(0\\033[3;7r\\033[?25l\\016'\nstty -iutf8\nEND\n");
    machine.type(". ./break\n");
    machine.type("exit\n");
    machine.expect_last_row("box login:");
    machine.photograph("tty1-after-a-broken-session");
    machine.type("x'x");
    wait_for_umlaut();
    // Grey on black, everywhere.
    CHECK(machine.run("od -An -v -tx1 -j5 -w2 /dev/vcsa1 | cut -c 2-3 | sort -u") == "07\n");
    for (int stroke = 0; stroke < 3; ++stroke) {
        machine.press("backspace");
    }
}

TEST_CASE("tty1: the secure attention key (SysRq k) ends the session, and there is a prompt") {
    vm::Machine& machine = vm::the_machine();
    vm::type_name_and_password();
    const std::string shell =
        machine.run("pgrep -P " + vm::leader_on("tty1") + " bash | tr -d '\n'");
    machine.press("alt-sysrq-k");
    machine.wait_for("! kill -0 " + shell);
    machine.expect_last_row("box login:");
    machine.wait_for("! who | grep tty1");
    CHECK(vm::node_of("tty1") == vm::nobodys_node);
    vm::type_name_and_password();
    machine.type("exit\n");
    machine.expect_last_row("box login:");
}
