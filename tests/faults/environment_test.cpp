// A machine on which something is missing, broken, full or in the way: whoever
// may log in gets in or reads that it cannot be, in time, and nobody else does.

#include "common/syscall.hpp"
#include "common/unique_fd.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/log_socket.hpp"
#include "tests/pty/test_world.hpp"
#include "tests/testing.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

void replace_by(const pty::World& world, const fs::path& path, const std::string& what) {
    world.remove_file(path);
    if (what == "directory") {
        fs::create_directory(path);
    } else if (what == "FIFO") {
        common::check(::mkfifo(path.c_str(), 0600), "mkfifo");
    } else if (what == "link") {
        // As somebody with too small a disk does.
        fs::create_symlink("/home/elsewhere", path);
    } else if (what == "loop") {
        fs::create_symlink(path, path);
    }
}

void mount_full(const fs::path& path) {
    common::check(::mount("none", path.c_str(), "tmpfs", 0, "size=4k,nr_inodes=16"), "mount");
    std::ofstream{path / "filler"} << std::string(8192, 'x');
}

void remount_read_only(const fs::path& path) {
    common::check(::mount(path.c_str(), path.c_str(), nullptr, MS_BIND, nullptr), "bind");
    common::check(
        ::mount(nullptr, path.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr),
        "remount");
}

/// A log that takes connections and reads nothing, full to the brim.
common::UniqueFd stuck_log(const pty::World& world) {
    world.remove_file("/dev/log");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::string_view{"/dev/log"}.copy(address.sun_path, sizeof address.sun_path);
    const auto* generic =
        reinterpret_cast<const sockaddr*>(&address);  // NOLINT(*-reinterpret-cast)
    common::UniqueFd log{common::check(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket")};
    common::check(::bind(log.get(), generic, sizeof address), "bind");
    pty::fill_log("/dev/log");
    return log;
}

enum class Outcome {
    let_in,   ///< nothing of it matters
    refused,  ///< with a word, whoever it is
    either,   ///< depends on the gate: libpam's modules may see it otherwise
};

struct Trouble {
    std::string name;
    Outcome outcome;
    std::function<void(pty::World&)> make;
    std::vector<std::pair<int, rlimit>> limits{};
};

std::vector<Trouble> troubles() {
    std::vector<Trouble> all{{.name = "none", .outcome = Outcome::let_in, .make = [](auto&) {}}};
    const auto add = [&](std::string name, Outcome outcome, std::function<void(pty::World&)> make) {
        all.push_back({.name = std::move(name), .outcome = outcome, .make = std::move(make)});
    };
    for (const std::string record : {"/run/utmp", "/var/log/wtmp", "/var/log/lastlog"}) {
        for (const std::string what : {"missing", "directory", "FIFO", "link", "loop"}) {
            // Modules ask the C library for records, which waits for ever.
            const auto outcome = what == "FIFO" ? Outcome::either : Outcome::let_in;
            add(record + " is " + what, outcome, [record, what](pty::World& world) {
                replace_by(world, record, what);
            });
        }
    }
    for (const std::string file : {"/etc/login.defs",
                                   "/etc/ttygate/login.conf",
                                   "/etc/nsswitch.conf",
                                   "/etc/motd",
                                   "/etc/group"}) {
        for (const std::string what : {"directory", "FIFO", "loop"}) {
            add(file + " is " + what, Outcome::either, [file, what](pty::World& world) {
                replace_by(world, file, what);
            });
        }
    }
    for (const std::string what : {"missing", "directory", "FIFO", "loop"}) {
        add("/etc/shadow is " + what, Outcome::refused, [what](pty::World& world) {
            replace_by(world, "/etc/shadow", what);
        });
        add("/etc/passwd is " + what, Outcome::refused, [what](pty::World& world) {
            replace_by(world, "/etc/passwd", what);
        });
    }
    const auto garble = [](const std::string& path) {
        return [path](pty::World& world) {
            std::string garbage{"\0:::::::\n:x\nann\nann:x\n\xff\xfe\n", 24};
            garbage += "bob:" + std::string(300'000, 'x') + "\n";
            world.write_file(path, garbage + world.read_file(path));
        };
    };
    add("garbage in /etc/passwd", Outcome::either, garble("/etc/passwd"));
    add("garbage in /etc/shadow", Outcome::either, garble("/etc/shadow"));
    add("garbage in /etc/group", Outcome::either, garble("/etc/group"));
    add("garbage in /etc/login.defs", Outcome::let_in, garble("/etc/login.defs"));
    add("/run is full", Outcome::let_in, [](auto&) { mount_full("/run"); });
    add("/var/log is full", Outcome::let_in, [](auto&) { mount_full("/var/log"); });
    add("/var/log cannot be written", Outcome::let_in, [](auto&) {
        remount_read_only("/var/log");
    });
    add("/run cannot be written", Outcome::let_in, [](auto&) { remount_read_only("/run"); });
    add("there is no /proc", Outcome::either, [](auto&) {
        common::check(::mount("none", "/proc", "tmpfs", MS_RDONLY, nullptr), "mount");
    });
    add("there is no /sys", Outcome::let_in, [](auto&) {
        common::check(::mount("none", "/sys", "tmpfs", MS_RDONLY, nullptr), "mount");
    });
    add("there is no log", Outcome::let_in, [](pty::World& world) {
        world.remove_file("/dev/log");
    });
    add("the log is stuck", Outcome::let_in, [](pty::World& world) {
        static common::UniqueFd log;
        log = stuck_log(world);
    });
    all.push_back({.name = "no file may grow",
                   .outcome = Outcome::let_in,
                   .make = [](auto&) {},
                   .limits = {{RLIMIT_FSIZE, {.rlim_cur = 0, .rlim_max = 0}}}});
    return all;
}

/// Somebody who types a name and a password, and is in, or is not.
struct Visitor {
    Visitor(const Trouble& trouble, std::string typed)
        : password(std::move(typed)),
          login(line.start_on({.arguments = {pty::World::login(), "ann"},
                               .limits = trouble.limits,
                               .session = pty::Session::leader_with_terminal})) {}

    bool is_answered() {
        if (!is_asked && contains(line.transcript(), "Password: ")) {
            is_asked = true;
            line.send(password + "\r");
        }
        return is_in() || is_refused() || !login.is_running();
    }
    [[nodiscard]] bool is_in() const { return contains(line.transcript(), pty::shell_prompt); }
    [[nodiscard]] bool is_refused() const {
        return contains(line.transcript(), "refused (ref ") ||
               contains(line.transcript(), "incorrect") ||
               contains(line.transcript(), "has taken too long") ||
               contains(line.transcript(), "prevents logging in");
    }

    std::string password;
    pty::Line line;
    pty::Process login;
    bool is_asked = false;
};

}  // namespace

TEST_CASE("a machine in trouble: in, or told why not, and nobody else gets in for it") {
    for (const Trouble& trouble : troubles()) {
        for (const auto gate : pty::gates()) {
            CAPTURE(trouble.name);
            CAPTURE(pty::name_of(gate));
            pty::TestWorld world;
            choose_gate(world, gate);
            // What libc opens for itself may hang: whoever waits is told, in time.
            world.append_file("/etc/ttygate/login.conf",
                              "LOGIN_MODULE_TIMEOUT 2\nLOGIN_TIMEOUT 4\n");
            add_person(world, {.name = "ann", .user = 1001, .password = "secret"});
            trouble.make(world);
            Visitor right{trouble, "secret"};
            Visitor wrong{trouble, "other"};
            const bool in_time = pty::wait_until(
                [&] {
                    const bool first = right.is_answered();
                    return wrong.is_answered() && first;
                },
                60s * pty::slowness);
            CAPTURE(right.line.transcript());
            CAPTURE(wrong.line.transcript());
            CHECK(in_time);
            CHECK_FALSE(wrong.is_in());
            CHECK((wrong.is_refused() || !wrong.login.is_running()));
            CHECK((right.is_in() || right.is_refused()));
            if (trouble.outcome != Outcome::either) {
                CHECK(right.is_in() == (trouble.outcome == Outcome::let_in));
            }
            if (right.is_in()) {
                right.line.send("exit\r");
                CHECK(right.login.wait_exit() == pty::Exit{.status = 0});
            }
        }
    }
}
