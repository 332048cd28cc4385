#include "tests/inits/machine.hpp"

#include "common/syscall.hpp"
#include "tests/inits/process_one.hpp"
#include "tests/testing.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <sys/mount.h>
#include <utmpx.h>

#include <doctest/doctest.h>

namespace inits {

namespace {

namespace fs = std::filesystem;

void bind(const std::string& source, const std::string& target) {
    common::check(
        ::mount(source.c_str(), target.c_str(), nullptr, MS_BIND, nullptr), "bind", target);
}

/// The directories of the packages for one place, as overlayfs wants them.
std::string layers(const std::vector<pty::Package>& packages, const std::string& directory) {
    std::string text;
    for (const pty::Package& package : packages) {
        const std::string layer = package.root() + directory;
        if (fs::is_directory(layer)) {
            text += layer + ":";
        }
    }
    return text;
}

/// The session leader of the line, when getty or login is waiting on it.
void kill_leader(const pty::Line& line) {
    ::kill(line.session(), SIGKILL);
}

/// Of the login on the line, as the tests see it: the parent of its shell.
pid_t login_outside(const pty::Line& line) {
    std::ifstream status{"/proc/" + std::to_string(line.session()) + "/status"};
    for (std::string field; status >> field;) {
        if (field == "PPid:") {
            pid_t parent = 0;
            status >> parent;
            return parent;
        }
    }
    throw std::runtime_error{"no session on " + line.path()};
}

}  // namespace

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};

std::string entry(const std::string& name) {
    std::ifstream file{TTYGATE_ENTRIES "/" + name};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (text.empty()) {
        throw std::runtime_error{"no entry " + name + " in " TTYGATE_ENTRIES};
    }
    return text;
}

void stand_at(const pty::World& world, const std::string& device, const std::string& name) {
    world.write_file(name, "");
    bind(device, name);
}

InstalledPackages::InstalledPackages(const std::vector<std::string>& names) {
    static_cast<void>(pty::fetched_packages(names));
    packages_.reserve(names.size());
    for (const std::string& name : names) {
        packages_.emplace_back(name);
    }
}

void InstalledPackages::install_in(const pty::World& world) {
    for (pty::Package& package : packages_) {
        package.mount_in(world);
    }
    // A merged /usr: what a package has in /lib is in /usr/lib.
    for (const std::string place : {"/bin", "/sbin", "/lib", "/share"}) {
        const std::string target = "/usr" + place;
        const std::string upper = layers(packages_, place) + layers(packages_, "/usr" + place);
        if (upper.empty() || !fs::is_directory(target)) {
            continue;
        }
        const std::string options = "lowerdir=" + upper + target;
        if (::mount("overlay", target.c_str(), "overlay", MS_RDONLY, options.c_str()) < 0) {
            tests::skip("needs overlayfs to lay packages over " + target + " (" +
                        std::strerror(errno) + ")");
        }
    }
    for (const pty::Package& package : packages_) {
        if (fs::is_directory(package.root() + "/etc")) {
            fs::copy(package.root() + "/etc",
                     "/etc",
                     fs::copy_options::recursive | fs::copy_options::copy_symlinks |
                         fs::copy_options::skip_existing);
        }
    }
}

pty::Record Machine::record() const {
    return pty::last_for_line(world.utmp(), name).value_or(pty::Record{});
}

std::size_t Machine::count_in_wtmp(short type) const {
    const auto records = world.wtmp();
    return static_cast<std::size_t>(
        std::count_if(records.begin(), records.end(), [&](const pty::Record& record) {
            return record.type == type && record.line == name;
        }));
}

void log_in_as_ann(pty::Line& line) {
    line.send(ann.name + "\r");
    line.expect("Password: ");
    line.send(ann.password + "\r");
    line.expect(pty::shell_prompt);
}

void visit(const Machine& machine) {
    pty::Line& line = machine.line;
    const auto logins = machine.count_in_wtmp(USER_PROCESS);
    const auto logouts = machine.count_in_wtmp(DEAD_PROCESS);
    line.expect("box login: ", respawn_deadline);
    const auto waiting = machine.record();
    CHECK(waiting.type == LOGIN_PROCESS);
    CHECK(waiting.process == id_inside(line.session()));

    log_in_as_ann(line);
    CHECK(pty::ask_shell(line, "tty") == "/dev/" + machine.name + "\r\n");
    // The same process under the same id: that is how an init knows it.
    const auto record = machine.record();
    CHECK(record.type == USER_PROCESS);
    CHECK(record.user == ann.name);
    CHECK(record.id == waiting.id);
    CHECK(record.process == waiting.process);
    CHECK(record.session == id_inside(line.session()));
    CHECK(pty::ask_shell(line, "ps -o comm= -p $PPID") == "login\r\n");
    CHECK(line.owner() == pty::Line::Owner{.user = ann.user, .group = 5, .mode = 0620});
    line.send("exit\r");
    line.expect("box login: ", respawn_deadline);
    CHECK(line.owner() == pty::nobodys_line);
    CHECK(machine.record().type == LOGIN_PROCESS);
    CHECK(machine.count_in_wtmp(USER_PROCESS) == logins + 1);
    // An init may note it as well.
    CHECK(machine.count_in_wtmp(DEAD_PROCESS) > logouts);

    const pid_t getty = machine.record().process;
    kill_leader(line);
    line.expect("box login: ", respawn_deadline);
    CHECK(machine.record().process != getty);
    line.send(ann.name + "\r");
    line.expect("Password: ");
    const pid_t login = machine.record().process;
    kill_leader(line);
    line.expect("box login: ", respawn_deadline);
    CHECK(machine.record().process != login);

    log_in_as_ann(line);
    ::kill(login_outside(line), SIGKILL);
    if (machine.orphan == Orphan::keeps_line) {
        machine.world.wait_for_log("is logged in on it", respawn_deadline);
        CHECK(pty::ask_shell(line, "id -un") == ann.name + "\r\n");
        line.send("exit\r");
    }
    line.expect("box login: ", respawn_deadline);
    CHECK(machine.record().type == LOGIN_PROCESS);
    CHECK(machine.count_in_wtmp(USER_PROCESS) == logins + 2);
    CHECK(line.owner() == pty::nobodys_line);
}

}  // namespace inits
