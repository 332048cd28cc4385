#include "common/syscall.hpp"
#include "common/unique_fd.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/network.hpp"
#include "tests/pty/test_world.hpp"

#include <array>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <linux/vt.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

/// Long enough to tell that nothing is shown again: a change is shown 0.1 s
/// after it was made, or 1 s after the one before.
constexpr auto long_enough = 1500ms;

void set_host_name(std::string_view name) {
    common::check(::sethostname(name.data(), name.size()), "sethostname");
}

/// The tests after it expect to be on box.
class HostName {
  public:
    HostName() = default;
    HostName(const HostName&) = delete;
    HostName& operator=(const HostName&) = delete;
    HostName(HostName&&) = delete;
    HostName& operator=(HostName&&) = delete;
    ~HostName() { (void)::sethostname("box", 3); }
};

/// Nanoseconds on a processor so far: the first number of /proc/PID/schedstat.
long long processor_time(const pty::Process& process) {
    std::ifstream file{"/proc/" + std::to_string(process.id()) + "/schedstat"};
    long long time = -1;
    file >> time;
    REQUIRE(time > 0);
    return time;
}

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};

/// The name is what has been typed before and after, and nothing else.
void finish_name(pty::Line& line, const std::string& rest) {
    line.send(rest + "\r");
    line.expect("Password: ");
    line.send(ann.password + "\r");
    line.expect(pty::shell_prompt);
    CHECK(ask_shell(line, "echo $LOGNAME").find("ann") != std::string::npos);
}

pty::Process open_line(const pty::World& world,
                       pty::Line& line,
                       const std::vector<std::string>& options = {}) {
    add_person(world, ann);
    auto getty = start_getty(line, options);
    line.expect("box login: ");
    return getty;
}

std::size_t count_open_files(const pty::Process& process, std::string_view part) {
    std::size_t count = 0;
    const std::string directory = "/proc/" + std::to_string(process.id()) + "/fd";
    for (const auto& entry : std::filesystem::directory_iterator{directory}) {
        std::error_code problem;
        const auto target = std::filesystem::read_symlink(entry.path(), problem);
        if (target.string().find(part) != std::string::npos) {
            ++count;
        }
    }
    return count;
}

/// A second after the prompt, for those who are still there.
void wait_until_watched(const pty::Process& getty) {
    REQUIRE(pty::wait_until([&] { return count_open_files(getty, "eventpoll") == 1; }));
    // It then reads everything once more.
    pty::let_pass(100ms);
}

/// A virtual terminal of the machine that nobody uses, under its own name in
/// the World; it is given back at the end.
class VirtualTerminal {
  public:
    VirtualTerminal() {
        for (const auto& [path, device] : {std::pair{"/dev/tty0", ::makedev(4, 0)},
                                           std::pair{"/dev/tty57", ::makedev(4, number)},
                                           std::pair{"/dev/vcs57", ::makedev(7, number)}}) {
            common::check(::mknod(path, S_IFCHR | 0600, device), "mknod", path);
        }
        if (!common::UniqueFd{::open("/dev/tty57", O_RDWR | O_NOCTTY | O_CLOEXEC)}.is_open()) {
            tests::skip("needs virtual terminals");
        }
    }
    VirtualTerminal(const VirtualTerminal&) = delete;
    VirtualTerminal& operator=(const VirtualTerminal&) = delete;
    VirtualTerminal(VirtualTerminal&&) = delete;
    VirtualTerminal& operator=(VirtualTerminal&&) = delete;
    ~VirtualTerminal() {
        const common::UniqueFd any{::open("/dev/tty0", O_RDWR | O_NOCTTY | O_CLOEXEC)};
        ::ioctl(any.get(), VT_DISALLOCATE, number);
    }

    [[nodiscard]] static std::string screen() {
        std::ifstream file{"/dev/vcs57", std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    [[nodiscard]] static bool shows(std::string_view text) {
        return pty::wait_until([&] { return screen().find(text) != std::string::npos; });
    }

  private:
    static constexpr unsigned number = 57;
};

}  // namespace

TEST_CASE("Live issue without harm: a virtual terminal is cleared unless --noclear") {
    for (const bool clears : {true, false}) {
        CAPTURE(clears);
        const pty::TestWorld world;
        const VirtualTerminal terminal;
        world.write_file("/etc/issue", "old words\n");
        pty::Command command{.arguments = {pty::World::getty(), "tty57", "linux"}};
        if (!clears) {
            command.arguments.insert(command.arguments.begin() + 1, "--noclear");
        }
        pty::Process getty{command};
        REQUIRE(VirtualTerminal::shows("box login: "));
        world.write_file("/etc/issue", "new words\n");
        REQUIRE(VirtualTerminal::shows("new words"));
        CHECK((VirtualTerminal::screen().find("old words") == std::string::npos) == clears);
        getty.signal(SIGTERM);
        getty.wait_exit();
    }
}

TEST_CASE("an issue of any size leaves room for the prompt") {
    const pty::TestWorld world;
    world.write_file("/etc/issue", "whole\n");
    std::string rows;
    while (rows.size() < 60000) {
        rows += "\\v\n";
    }
    for (const char* name : {"1", "2", "3"}) {
        world.write_file(std::string{"/etc/issue.d/"} + name + ".issue", rows);
    }
    pty::Line line;
    const auto getty = line.start_for({.arguments = {pty::World::getty(), "{line}", "dumb"}});
    line.expect("whole\r\n");
    CHECK(line.expect("box login: ").ends_with("\n"));
}

TEST_CASE("Live issue without harm: a changed file is shown, what is typed stays") {
    const pty::TestWorld world;
    world.write_file("/etc/issue", "old words\n");
    pty::Line line;
    const auto getty = open_line(world, line);
    line.send("a");
    line.expect("a");
    wait_until_watched(getty);
    world.write_file("/etc/issue", "new words\n");
    CHECK(line.expect("new words").find('\x1b') == std::string::npos);
    line.expect("\r\nbox login: a");
    finish_name(line, "nn");
}

TEST_CASE("Live issue without harm: however the file comes to be another") {
    struct Change {
        const char* what;
        void (*prepare)(const pty::World& world);
        void (*change)(const pty::World& world);
    };
    const std::array changes{
        Change{"renamed over it",
               [](const pty::World& world) { world.write_file("/etc/issue.new", "fresh\n"); },
               [](const pty::World&) { REQUIRE(::rename("/etc/issue.new", "/etc/issue") == 0); }},
        Change{"appended to",
               [](const pty::World&) {},
               [](const pty::World& world) { world.append_file("/etc/issue", "fresh\n"); }},
        Change{
            "a directory that comes",
            [](const pty::World&) {},
            [](const pty::World& world) { world.write_file("/run/issue.d/1.issue", "fresh\n"); }},
        Change{
            "a snippet beside others",
            [](const pty::World& world) { world.write_file("/etc/issue.d/1.issue", "one\n"); },
            [](const pty::World& world) { world.write_file("/etc/issue.d/2.issue", "fresh\n"); }},
        Change{"the other end of a link",
               [](const pty::World& world) {
                   world.write_file("/run/cockpit/issue", "one\n");
                   world.write_file("/etc/issue.d/0.issue", "zero\n");
                   REQUIRE(::symlink("/run/cockpit/issue", "/etc/issue.d/1.issue") == 0);
               },
               [](const pty::World& world) { world.write_file("/run/cockpit/issue", "fresh\n"); }},
        Change{"a file of /run while there is none in /etc",
               [](const pty::World& world) { world.remove_file("/etc/issue"); },
               [](const pty::World& world) { world.write_file("/run/issue", "fresh\n"); }},
    };
    for (const Change& change : changes) {
        CAPTURE(change.what);
        const pty::TestWorld world;
        world.write_file("/etc/issue", "words\n");
        change.prepare(world);
        pty::Line line;
        const auto getty = open_line(world, line);
        wait_until_watched(getty);
        change.change(world);
        line.expect("fresh\r\n");
        line.expect("box login: ");
    }
}

TEST_CASE("Live issue without harm: a new host name is in issue and prompt") {
    const pty::TestWorld world;
    const HostName restored;
    world.write_file("/etc/issue", "on \\n\n");
    pty::Line line;
    const auto getty = open_line(world, line);
    line.send("a");
    line.expect("a");
    wait_until_watched(getty);
    set_host_name("crate.example.org");
    line.expect("on crate.example.org\r\n");
    line.expect("crate login: a");
    set_host_name("chest");
    line.expect("chest login: a");
    finish_name(line, "nn");
}

TEST_CASE("Live issue without harm: after Return on an empty line too, and while typing goes on") {
    const pty::TestWorld world;
    world.write_file("/etc/issue", "old\n");
    pty::Line line;
    const auto getty = open_line(world, line);
    line.send("\r");
    line.expect("box login: ");
    line.send("jos\xc3");
    line.expect("jos");
    world.write_file("/etc/issue", "new\n");
    line.expect("new\r\n");
    // Half a character is in nobody's way.
    line.expect("box login: jos");
    line.send("\xa9");
    line.expect("\xc3\xa9");
}

TEST_CASE("Live issue without harm: an address that is shown, and one that is not") {
    const pty::TestWorld world;
    pty::leave_network();
    const pty::Addresses addresses;
    world.write_file("/etc/issue", "at \\4{lo}.\n");
    pty::Line line;
    const auto getty = open_line(world, line);
    line.send("a");
    line.expect("a");
    addresses.add("192.0.2.7");
    line.expect("at 192.0.2.7.\r\n");
    line.expect("box login: a");
    // Not the best one: nothing to show.
    addresses.add("192.0.2.8");
    line.expect_nothing(long_enough);
    addresses.remove("192.0.2.7");
    line.expect("at 192.0.2.8.\r\n");
    finish_name(line, "nn");
}

TEST_CASE("Live issue without harm: a thousand addresses of an unused interface cost nothing") {
    for (const char* const issue : {"plain\n", "at \\4.\n"}) {
        const std::string text = issue;
        CAPTURE(text);
        const pty::TestWorld world;
        pty::leave_network();
        const pty::Addresses addresses;
        world.write_file("/etc/issue", issue);
        pty::Line line;
        const auto getty = open_line(world, line);
        wait_until_watched(getty);
        CHECK(count_open_files(getty, "NETLINK") == 0);
        const long long before = processor_time(getty);
        for (int count = 0; count < 500; ++count) {
            addresses.add("192.0.2.9");
            addresses.remove("192.0.2.9");
        }
        line.expect_nothing(long_enough);
        const long long used = processor_time(getty) - before;
        const std::string cost = std::to_string(used / 1000) + " us for 1,000 address changes";
        CAPTURE(cost);
        if (TTYGATE_SANITIZED == 0) {
            // Each of them costs as much, where it is looked at.
            CHECK(used < 30'000'000);
        }
        // It has not gone deaf over it.
        world.write_file("/etc/issue", "new words\n");
        line.expect("new words");
    }
}

TEST_CASE("Live issue without harm: nothing is shown again for nothing") {
    const pty::TestWorld world;
    const HostName restored;
    world.write_file("/etc/issue", "it is \\t, \\u here\n");
    world.write_file("/run/agetty.reload", "");
    // Touched in the very tick in which the issue is shown, it would count.
    pty::let_pass(20ms);
    pty::Line line;
    const auto getty = open_line(world, line);
    wait_until_watched(getty);
    CHECK(line.unmatched().empty());
    // The same text again, another file beside it, records in /run; the time passes.
    world.write_file("/etc/issue", "it is \\t, \\u here\n");
    world.write_file("/etc/other", "words");
    world.append_file("/run/other", "words");
    set_host_name("box");
    line.expect_nothing(long_enough);
}

TEST_CASE("Live issue without harm: no oftener than once a second") {
    const pty::TestWorld world;
    world.write_file("/etc/issue", "number 0\n");
    pty::Line line;
    const auto begun = pty::Clock::now();
    const auto getty = open_line(world, line);
    const auto times = [&line] {
        const std::string& shown = line.transcript();
        int count = 0;
        for (std::size_t at = 0; (at = shown.find("number", at)) != shown.npos; ++at) {
            ++count;
        }
        return count;
    };
    // With the first, and one that a change has brought.
    int number = 0;
    CHECK(pty::wait_until([&] {
        world.write_file("/etc/issue", "number " + std::to_string(++number) + "\n");
        return pty::Clock::now() - begun >= 2500ms && times() >= 2;
    }));
    world.write_file("/etc/issue", "the last\n");
    line.expect("the last");
    CHECK(number > 10);
    CHECK(times() <= 1 + (pty::Clock::now() - begun) / 1s);
}

TEST_CASE("Live issue without harm: getty --reload has time and users shown anew") {
    const pty::TestWorld world;
    world.write_file("/etc/issue", "it is \\t\n");
    pty::Line line;
    const auto getty = open_line(world, line);
    line.send("a");
    line.expect("a");
    // The first one makes the file, the second one only touches it.
    for (int count = 0; count < 2; ++count) {
        pty::let_pass(1100ms);  // the time of day is another
        CHECK(pty::run({.arguments = {pty::World::getty(), "--reload"}}).exit.status == 0);
        line.expect("it is ");
        line.expect("box login: a");
    }
    finish_name(line, "nn");
}

TEST_CASE("Live issue without harm: no redraw once the name is sent, and nothing left open") {
    const pty::TestWorld world;
    world.write_file("/etc/issue", "old\n");
    pty::Line line;
    const auto getty = open_line(world, line);
    wait_until_watched(getty);
    CHECK(count_open_files(getty, "inotify") == 0);
    line.send("ann\r");
    line.expect("Password: ");
    world.write_file("/etc/issue", "new\n");
    CHECK(pty::run({.arguments = {pty::World::getty(), "--reload"}}).exit.status == 0);
    line.expect_nothing(long_enough);
    CHECK(count_open_files(getty, "eventpoll") == 0);
    line.send(ann.password + "\r");
    line.expect(pty::shell_prompt);
}

TEST_CASE("Live issue without harm: changes at the very moment of the name harm no login") {
    const pty::TestWorld world;
    add_person(world, ann);
    for (int count = 0; count < 20; ++count) {
        pty::Line line;
        auto getty = start_getty(line);
        line.expect("box login: ");
        line.send("ann\r");
        const auto begun = pty::Clock::now();
        while (pty::Clock::now() - begun < 10ms) {
            world.write_file("/etc/issue", "words " + std::to_string(count) + "\n");
        }
        line.expect("Password: ");
        CHECK(getty.is_running());
    }
}

TEST_CASE("Live issue without harm: --noissue and --nohostname leave little to watch") {
    const pty::TestWorld world;
    const HostName restored;
    world.write_file("/etc/issue", "old\n");
    pty::Line line;
    auto getty = start_getty(line, {"--noissue", "--nohostname"});
    line.expect("login: ");
    wait_until_watched(getty);
    CHECK(count_open_files(getty, "hostname") == 0);
    CHECK(line.unmatched().empty());
    world.write_file("/etc/issue", "new\n");
    set_host_name("crate");
    line.expect_nothing(long_enough);
}

TEST_CASE(
    "Live issue without harm: with --noissue a new host name is in the prompt, and no issue") {
    const pty::TestWorld world;
    const HostName restored;
    pty::Line line;
    const auto getty = start_getty(line, {"--noissue"});
    line.expect("box login: ");
    wait_until_watched(getty);
    CHECK(line.unmatched().empty());
    world.write_file("/etc/issue", "new\n");
    line.expect_nothing(300ms);
    set_host_name("crate");
    CHECK(line.expect("crate login: ").find("new") == std::string::npos);
}

TEST_CASE("Live issue without harm: while a key is waited for") {
    const pty::TestWorld world;
    add_person(world, ann);
    world.write_file("/etc/issue", "old\n");
    pty::Line line;
    const auto getty = start_getty(line, {"--login-pause"});
    line.expect("[press ENTER to login]");
    world.write_file("/etc/issue", "new\n");
    line.expect("new\r\n");
    line.expect("[press ENTER to login]");
    line.send("\r");
    line.expect("box login: ");
    finish_name(line, "ann");
}
