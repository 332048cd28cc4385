// What a person sees, held against captures that somebody has looked at
// (tests/pty/screens). TTYGATE_NEW_SCREENS=1 writes what is seen now in their
// place: look at the difference before it is committed.

#include "common/syscall.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/test_world.hpp"
#include "tests/pty/tmux.hpp"
#include "tests/pty/virtual_terminal.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <sys/mount.h>

#include <doctest/doctest.h>

namespace {

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};

bool wants_new_ones() {
    return std::getenv("TTYGATE_NEW_SCREENS") != nullptr;
}

/// One of the files. Made before the World, which hides it.
class Capture {
  public:
    explicit Capture(const std::string& name)
        : path_(std::string{TTYGATE_SCREENS} + "/" + name + ".txt") {
        std::ifstream file{path_};
        kept_ = {std::istreambuf_iterator<char>{file}, {}};
    }
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;
    Capture(Capture&&) = delete;
    Capture& operator=(Capture&&) = delete;
    ~Capture() {
        if (wants_new_ones() && !seen_.empty()) {
            std::ofstream{path_} << seen_;
        }
    }

    void hold_against(const std::string& seen) {
        seen_ = seen;
        CHECK((wants_new_ones() || seen == kept_));
        if (seen != kept_) {
            MESSAGE("seen:\n" << seen << "kept in " << path_ << ":\n" << kept_);
        }
    }

  private:
    std::string path_;
    std::string kept_;
    std::string seen_;
};

/// Debian's issue, and a person whose shell prompts as bash does there.
void furnish(const pty::World& world) {
    world.remove_file("/etc/os-release");
    world.write_file("/etc/os-release",
                     "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nANSI_COLOR=\"1;31\"\n");
    world.write_file("/etc/issue", "\\S{PRETTY_NAME} \\n \\l\n\n");
    world.add_user(ann);
    world.write_file(pty::home_of(ann) + "/.profile", "PS1='ann@box:~$ '\n");
}

/// Gives a pty the name of a serial port.
void call_it(const pty::World& world, const pty::Line& line, const char* path) {
    world.write_file(path, "");
    common::check(::mount(line.path().c_str(), path, nullptr, MS_BIND, nullptr), "bind over", path);
}

std::string joined(const std::vector<std::string>& rows) {
    std::string text;
    for (const std::string& row : rows) {
        text += row + '\n';
    }
    text.resize(text.find_last_not_of('\n') + 1);
    return text + '\n';
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
        text.replace(at, what.size(), by);
    }
    return text;
}

/// With one date in place of the true one.
std::string at_any_time(std::string screen) {
    const std::string_view before = "Last failed login: ";
    const std::size_t start = screen.find(before);
    REQUIRE(start != std::string::npos);
    const std::size_t date = start + before.size();
    return screen.replace(date, screen.find(" on ", date) - date, "Sat Nov 21 20:15:30 UTC 2026");
}

}  // namespace

TEST_CASE("screen: a login on a serial line") {
    Capture capture{"serial"};
    pty::TestWorld world;
    furnish(world);
    pty::Line line;
    call_it(world, line, "/dev/ttyS0");
    const pty::Command command{
        .arguments = {pty::World::getty(), "-l", pty::World::login(), "ttyS0", "115200", "dumb"}};
    auto getty = line.start_for(command);
    line.expect("login: ");
    line.send("amm\x7f\x7fnn\r");
    line.expect("Password: ");
    line.send("sceret\r");
    line.expect("login: ");
    line.send("ann\r");
    line.expect("Password: ");
    line.send("secret\r");
    line.expect("$ ");
    line.send("tty\r");
    line.expect("$ ");
    line.send("exit\r");
    getty.wait_exit();
    const auto next = line.start_for(command);
    line.expect("box login: ");

    world.write_file("/run/transcript", line.transcript());
    const pty::Tmux terminal{{"/bin/sh", "-c", "cat /run/transcript; exec sleep 1000"}};
    terminal.expect_at_end("box login:");
    capture.hold_against(at_any_time(terminal.screen()));
}

TEST_CASE("screen: a login on a virtual terminal") {
    Capture capture{"virtual-terminal"};
    pty::TestWorld world;
    furnish(world);
    const pty::VirtualTerminal terminal;
    const auto getty = terminal.start_for(
        {.arguments = {pty::World::getty(), "-l", pty::World::login(), "{line}", "linux"}});
    terminal.expect_at_cursor("box login: ");
    terminal.send("\x18j\xc3\xb6rg");
    terminal.expect_at_cursor("box login: ^Xj\xc3\xb6rg");
    terminal.send(
        "\x15"
        "ann\r");
    terminal.expect_at_cursor("Password: ");
    terminal.send("sceret\r");
    terminal.expect_at_cursor("box login: ");
    terminal.send("ann\r");
    terminal.expect_at_cursor("Password: ");
    terminal.send("secret\r");
    terminal.expect_at_cursor("ann@box:~$ ");
    terminal.send("tty\r");
    terminal.expect(terminal.path());
    terminal.expect_at_cursor("ann@box:~$ ");
    capture.hold_against(at_any_time(replaced(joined(terminal.screen()), terminal.name(), "tty1")));
}

TEST_CASE("screen: colours, keys and a changed issue in a terminal emulator") {
    Capture capture{"changed-issue"};
    Capture editing{"editing"};
    pty::TestWorld world;
    furnish(world);
    world.write_file("/etc/issue", "\\S \\e{bold}\\n\\e{reset}\n\n");
    const pty::Tmux terminal{{pty::World::getty(), "-l", pty::World::login(), "-", "tmux"}};
    terminal.expect_at_end("box login:");
    SUBCASE("wide and combining characters are rubbed out by what they take") {
        terminal.type("\xe6\xbc\xa2\xe5\xad\x97x\xcc\x88y");
        for (int times = 0; times < 3; ++times) {
            terminal.press("BSpace");
        }
        terminal.type("a b");
        terminal.press("Enter");
        terminal.expect_at_end("box login:");
        terminal.press("C-a");
        terminal.type("ann");
        terminal.press("C-l");
        terminal.expect_at_end("box login: ^Aann");
        editing.hold_against(terminal.screen());
    }
    SUBCASE("what is typed stays while the issue changes") {
        terminal.type("an");
        terminal.expect_at_end("box login: an");
        world.write_file("/etc/issue", "\\S \\e{reverse}closes at noon\\e{reset}\n\n");
        world.write_file("/run/agetty.reload", "");
        terminal.expect_at_end("box login: an");
        CHECK(pty::wait_until(
            [&] { return terminal.screen().find("closes at noon") != std::string::npos; }));
        terminal.type("n");
        terminal.expect_at_end("box login: ann");
        capture.hold_against(terminal.screen());
    }
}

TEST_CASE("screen: a QR code in the issue, where there is room for it") {
    Capture capture{"qr-code"};
    Capture text{"qr-code-as-text"};
    pty::TestWorld world;
    furnish(world);
    world.write_file("/etc/issue", "Help:\n\\q{https://example.org/box}\n\n");
    const std::vector<std::string> getty{
        pty::World::getty(), "-l", pty::World::login(), "-", "tmux"};
    SUBCASE("a terminal emulator") {
        const pty::Tmux terminal{getty};
        terminal.expect_at_end("box login:");
        capture.hold_against(terminal.screen());
    }
    SUBCASE("one that is not in UTF-8") {
        const pty::Tmux terminal{
            {"/bin/sh", "-c", "stty -iutf8; exec \"$0\" -l \"$1\" - tmux", getty[0], getty[2]}};
        terminal.expect_at_end("box login:");
        text.hold_against(terminal.screen());
    }
}
