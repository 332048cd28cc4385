#include "common/syscall.hpp"
#include "common/unique_fd.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/process_cost.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include <fcntl.h>
#include <linux/vt.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};

/// Programs may wait this long before they leave after a failure.
constexpr auto longest_stay = 60'000ms;
/// Pauses between two looks at an absent line grow to ten seconds.
constexpr auto longest_look = 60'000ms;

constexpr unsigned terminal_major = 4;
constexpr unsigned screen_major = 7;
constexpr unsigned usb_serial_major = 188;

void make_node(const std::string& path, unsigned major_number, unsigned minor_number) {
    common::check(
        ::mknod(path.c_str(), S_IFCHR | 0620, makedev(major_number, minor_number)), "mknod", path);
}

/// getty for a line that it only knows by this name.
pty::Process start_for_name(const std::string& name) {
    return pty::Process{
        {.arguments = {pty::World::getty(), "-l", pty::World::login(), name, "dumb"}}};
}

/// A virtual terminal of the machine, of a number that nothing else uses, with
/// its node in the World's /dev and the text on its screen.
class VirtualTerminal {
  public:
    VirtualTerminal() {
        make_node(path(), terminal_major, number);
        make_node(screen_, screen_major, number);
        const common::UniqueFd tried{::open(path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
        if (!tried.is_open()) {
            tests::skip("needs virtual terminals");
        }
    }
    VirtualTerminal(const VirtualTerminal&) = delete;
    VirtualTerminal& operator=(const VirtualTerminal&) = delete;
    VirtualTerminal(VirtualTerminal&&) = delete;
    VirtualTerminal& operator=(VirtualTerminal&&) = delete;
    ~VirtualTerminal() { give_back(); }

    static constexpr unsigned number = 58;
    [[nodiscard]] static std::string name() { return "tty" + std::to_string(number); }
    [[nodiscard]] static std::string path() { return "/dev/" + name(); }

    /// Takes away the memory of it: opening it allocates it again.
    static void give_back() {
        const std::string any = "/dev/tty0";
        if (!fs::exists(any)) {
            make_node(any, terminal_major, 0);
        }
        const common::UniqueFd terminals{::open(any.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
        // One that was hung up counts as used for a moment, until it is opened and closed.
        pty::wait_until([&] {
            common::UniqueFd{::open(path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)}.reset();
            return ::ioctl(terminals.get(), VT_DISALLOCATE, number) == 0;
        });
    }

    [[nodiscard]] bool is_allocated() const {
        const common::UniqueFd screen{::open(screen_.c_str(), O_RDONLY | O_CLOEXEC)};
        return screen.is_open();
    }

    /// Without the blanks at the ends of the rows.
    [[nodiscard]] std::string text() const {
        const common::UniqueFd screen{::open(screen_.c_str(), O_RDONLY | O_CLOEXEC)};
        std::array<char, 1UL << 16> buffer{};
        const auto length = ::read(screen.get(), buffer.data(), buffer.size());
        return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
    }

    /// Blanks all over: what is shown after that is new.
    void wipe() const {
        const std::string blanks(text().size(), ' ');
        const common::UniqueFd screen{
            common::check(::open(screen_.c_str(), O_WRONLY | O_CLOEXEC), "open", screen_)};
        common::check(::write(screen.get(), blanks.data(), blanks.size()), "write", screen_);
    }

    [[nodiscard]] bool shows(const std::string& text) const {
        return pty::wait_until([&] { return this->text().find(text) != std::string::npos; },
                               longest_look);
    }

    /// As the driver does when the device is pulled out.
    static void hang_up() {
        const common::UniqueFd line{
            common::check(::open(path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC), "open")};
        // Ours too, from then on: nothing may be left to be closed.
        common::check(::ioctl(line.get(), TIOCVHANGUP), "TIOCVHANGUP");
    }

  private:
    std::string screen_ = "/dev/vcs" + std::to_string(number);
};

}  // namespace

// --- "An absent or dead line is waited for, not respawned" ---

TEST_CASE("an absent line is waited for, not respawned: said once, no CPU, served when it comes") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    struct Absent {
        std::string name;
        std::function<void()> make = [] {};
    };
    const std::vector<Absent> lines{
        {"ttyGONE"},
        {"ttyNOUART", [] { make_node("/dev/ttyNOUART", terminal_major, 64 + 31); }},
        {"ttyNODRIVER", [] { make_node("/dev/ttyNODRIVER", usb_serial_major, 7); }},
        {"ttyDANGLING", [] { fs::create_symlink("/dev/nothing", "/dev/ttyDANGLING"); }},
        {"far/away/tty0"},
    };
    struct Waiting {
        explicit Waiting(const Absent& which) : absent(which), getty(start_for_name(which.name)) {}
        Absent absent;
        pty::Line line;
        pty::Process getty;
        pty::ProcessCost before{};
    };
    std::list<Waiting> all;
    for (const Absent& absent : lines) {
        absent.make();
        all.emplace_back(absent);
    }
    for (Waiting& waiting : all) {
        const pid_t id = waiting.getty.id();
        REQUIRE(pty::wait_until([&] { return !log_lines_of(world, id).empty(); }));
        waiting.before = pty::cost_of(id);
    }
    pty::let_pass(4000ms);
    for (Waiting& waiting : all) {
        CAPTURE(waiting.absent.name);
        CHECK(waiting.getty.is_running());
        const auto after = pty::cost_of(waiting.getty.id());
        // The last of the work before may show only in the next tick.
        CHECK(after.processor - waiting.before.processor <= 20ms * pty::slowness);
        if (TTYGATE_SANITIZED == 0) {
            CHECK(after.on_processor - waiting.before.on_processor < 20ms);
        }
        const auto said = log_lines_of(world, waiting.getty.id());
        CHECK(said.size() == 1);
        CHECK(said.front().find(waiting.absent.name) != std::string::npos);
    }
    for (Waiting& waiting : all) {
        CAPTURE(waiting.absent.name);
        const fs::path path = "/dev/" + waiting.absent.name;
        fs::create_directories(path.parent_path());
        fs::remove(path);
        fs::create_symlink(waiting.line.path(), path);
    }
    for (Waiting& waiting : all) {
        CAPTURE(waiting.absent.name);
        waiting.line.expect("login: ", longest_look);
        CHECK(log_lines_of(world, waiting.getty.id()).size() == 1);
        waiting.line.send("ann\r");
        waiting.line.expect("Password: ");
    }
}

TEST_CASE("an absent line is waited for: it is served as soon as its name is there") {
    pty::TestWorld world;
    pty::Line line;
    auto getty = start_for_name("ttyLATE");
    REQUIRE(pty::wait_until([&] { return !log_lines_of(world, getty.id()).empty(); }));
    // By now it looks every eight seconds.
    pty::let_pass(8000ms);
    const auto start = pty::Clock::now();
    fs::create_symlink(line.path(), "/dev/ttyLATE");
    line.expect("login: ", longest_look);
    // Most of what is left until it looks again.
    CHECK(pty::Clock::now() - start < 5000ms);
}

TEST_CASE("a virtual terminal that is not allocated is allocated, not waited for") {
    pty::TestWorld world;
    const VirtualTerminal terminal;
    VirtualTerminal::give_back();
    REQUIRE_FALSE(terminal.is_allocated());
    auto getty = start_for_name(VirtualTerminal::name());
    CHECK(terminal.shows("box login: "));
    CHECK(log_lines_of(world, getty.id()).empty());
    CHECK(pty::last_for_line(world.utmp(), VirtualTerminal::name()).value_or(pty::Record{}).type ==
          LOGIN_PROCESS);
}

TEST_CASE(
    "a dead line is waited for, not respawned: unplugged while prompting, and plugged in "
    "again") {
    pty::TestWorld world;
    const VirtualTerminal terminal;
    auto getty = start_for_name(VirtualTerminal::name());
    REQUIRE(terminal.shows("box login: "));
    for (int times = 0; times < 2; ++times) {
        CAPTURE(times);
        // A name is left that leads nowhere, then none.
        const common::UniqueFd kept{common::check(
            ::open(VirtualTerminal::path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC), "open")};
        fs::remove(VirtualTerminal::path());
        common::check(::ioctl(kept.get(), TIOCVHANGUP), "TIOCVHANGUP");
        REQUIRE(pty::wait_until([&] { return !log_lines_of(world, getty.id()).empty(); }));
        const auto before = pty::cost_of(getty.id());
        pty::let_pass(3000ms);
        CHECK(getty.is_running());
        const auto after = pty::cost_of(getty.id());
        // The last of the work before may show only in the next tick.
        CHECK(after.processor - before.processor <= 20ms * pty::slowness);
        if (TTYGATE_SANITIZED == 0) {
            CHECK(after.on_processor - before.on_processor < 20ms);
        }
        terminal.wipe();
        make_node(VirtualTerminal::path(), terminal_major, VirtualTerminal::number);
        CHECK(terminal.shows("box login: "));
        // Once for the line that went and came back, as long as nobody typed.
        CHECK(log_lines_of(world, getty.id()).size() == 1);
    }
}

TEST_CASE("a dead line is waited for: a hang-up while prompting brings a new prompt") {
    pty::TestWorld world;
    const VirtualTerminal terminal;
    auto getty = start_for_name(VirtualTerminal::name());
    REQUIRE(terminal.shows("box login: "));
    terminal.wipe();
    VirtualTerminal::hang_up();
    CHECK(terminal.shows("box login: "));
    CHECK(getty.is_running());
    CHECK(log_lines_of(world, getty.id()).size() <= 1);
}

TEST_CASE("a dead line: a pseudo terminal whose other side has gone is left, with its own status") {
    pty::TestWorld world;
    // It will not come back, and its name may be somebody else's tomorrow.
    pty::Line line;
    auto getty = start_getty(line);
    line.expect("login: ");
    line.close_master();
    constexpr int line_failed = 4;
    CHECK(getty.wait_exit(longest_stay) == pty::Exit{.status = line_failed});
    CHECK(log_lines_of(world, getty.id()).size() <= 1);
}

TEST_CASE("a dead line: one that goes when there is no login program is left as any other") {
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("needs a getty without sanitizers: they cannot be traced");
    }
    if (::access("/usr/bin/strace", X_OK) != 0) {
        tests::skip("needs strace");
    }
    const pty::TestWorld world;
    world.write_file("/run/trace", "");
    pty::Line line;
    // It is stopped between its look for the program and what it says then.
    auto getty = line.start_for({.arguments = {"/usr/bin/strace",
                                               "-D",
                                               "-o",
                                               "/run/trace",
                                               "-P",
                                               "/nowhere/login",
                                               "-e",
                                               "inject=?newfstatat,?stat,?statx:signal=SIGSTOP",
                                               pty::World::getty(),
                                               "-l",
                                               "/nowhere/login",
                                               "--skip-login",
                                               "{line}",
                                               "dumb"}});
    REQUIRE(pty::wait_until([&] {
        return world.read_file("/run/trace").find("stopped by SIGSTOP") != std::string::npos;
    }));
    line.close_master();
    getty.signal(SIGCONT);
    constexpr int line_failed = 4;
    CHECK(getty.wait_exit(longest_stay) == pty::Exit{.status = line_failed});
}

TEST_CASE(
    "an absent or dead line: a line that dies at once on standard input is no respawn storm "
    "(T-44)") {
    pty::TestWorld world;
    const auto start = pty::Clock::now();
    pty::Line line;
    auto getty =
        line.start_on({.arguments = {pty::World::getty(), "-l", pty::World::login(), "-", "dumb"}});
    line.expect("login: ");
    line.close_master();
    constexpr int line_failed = 4;
    CHECK(getty.wait_exit(longest_stay) == pty::Exit{.status = line_failed});
    CHECK(pty::Clock::now() - start >= 5s);
    CHECK(log_lines_of(world, getty.id()).size() <= 1);
}

TEST_CASE("an absent or dead line: exit statuses are distinct, none comes at once (T-44)") {
    pty::TestWorld world;
    world.write_file("/dev/ttyFILE", "");
    world.write_file("/run/no-interpreter", "#!/run/nothing\n", 0755);
    struct Case {
        std::string what;
        std::vector<std::string> arguments;
        int status;
    };
    const std::vector<Case> cases{
        {"wrong option", {pty::World::getty(), "--no-such-option", "{line}"}, 1},
        {"speed", {pty::World::getty(), "{line}", "999999999999", "dumb"}, 2},
        {"no terminal", {pty::World::getty(), "ttyFILE", "dumb"}, 3},
        {"login", {pty::World::getty(), "-n", "-l", "/run/no-interpreter", "{line}", "dumb"}, 5},
    };
    struct Leaving {
        explicit Leaving(const Case& which)
            : expected(which), getty(line.start_for({.arguments = which.arguments})) {}
        Case expected;
        pty::Line line;
        pty::Process getty;
    };
    std::list<Leaving> all;
    const auto start = pty::Clock::now();
    for (const Case& expected : cases) {
        all.emplace_back(expected);
    }
    for (Leaving& leaving : all) {
        CAPTURE(leaving.expected.what);
        CHECK(leaving.getty.wait_exit(longest_stay) ==
              pty::Exit{.status = leaving.expected.status});
        CHECK(pty::Clock::now() - start >= 5s);
        CHECK(log_lines_of(world, leaving.getty.id()).size() == 1);
    }
}

// --- "No login program" ---

TEST_CASE("no login program: a message, and looked for again (T-44)") {
    pty::TestWorld world;
    pty::Line line;
    const std::string program = "/run/late-login";
    auto getty =
        line.start_for({.arguments = {pty::World::getty(), "-l", program, "{line}", "dumb"}});
    line.expect("login: ");
    line.send("ann\r");
    line.expect(program + " cannot be run: No such file or directory");
    CHECK(world.wait_for_log(program).find("No such file") != std::string::npos);
    line.expect("login: ", longest_look);
    line.send("ann\r");
    line.expect(program);
    CHECK(log_lines_of(world, getty.id()).size() == 1);
    world.write_file(program, "#!/bin/sh\necho \"welcome $*\"\nread -r word\n", 0755);
    line.expect("login: ", longest_look);
    line.send("ann\r");
    line.expect("welcome -- ann");
    CHECK(getty.is_running());
}

TEST_CASE("no login program: --nologin-message") {
    const pty::TestWorld world;
    pty::Line line;
    auto getty = line.start_for({.arguments = {pty::World::getty(),
                                               "-l",
                                               "/run/nothing",
                                               "--nologin-message",
                                               "Ask\x1b[2J at the \xc3\xa4ther desk.",
                                               "{line}",
                                               "dumb"}});
    line.expect("login: ");
    line.send("ann\r");
    // Harmless, like everything that is shown.
    line.expect("at the \xc3\xa4ther desk.");
    CHECK(line.transcript().find('\x1b') == std::string::npos);
    CHECK(line.transcript().find("/run/nothing") == std::string::npos);
}

TEST_CASE("no login program: a program without permission, a directory") {
    pty::TestWorld world;
    world.write_file("/run/not-executable", "#!/bin/sh\n", 0644);
    for (const char* program : {"/run/not-executable", "/run"}) {
        const std::string named = program;
        CAPTURE(named);
        pty::Line line;
        auto getty =
            line.start_for({.arguments = {pty::World::getty(), "-l", program, "{line}", "dumb"}});
        line.expect("login: ");
        line.send("ann\r");
        line.expect(std::string{program} + " cannot be run");
        line.expect("login: ", longest_look);
        CHECK(getty.is_running());
    }
}
