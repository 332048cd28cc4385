#include "tests/vm/guest.hpp"

#include "tests/pty/package.hpp"
#include "tests/vm/guest_root.hpp"
#include "tests/vm/kernel.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace vm {

namespace fs = std::filesystem;

namespace {

std::unique_ptr<Machine> boot() {
    const fs::path emulator = pty::fetched_tree({"qemu-system-x86"});
    const fs::path packages = pty::fetched_tree({"linux-image-amd64",
                                                 "bash",
                                                 "busybox-static",
                                                 "coreutils",
                                                 "dash",
                                                 "grep",
                                                 "kbd",
                                                 "kmod",
                                                 "libpam-modules",
                                                 "mount",
                                                 "procps",
                                                 "sed",
                                                 "sysvinit-core",
                                                 "util-linux"});
    const fs::path folder = TTYGATE_VM_ARTEFACTS;
    fs::create_directories(folder);
    const fs::path archive = folder / "root.cpio";
    make_guest_root(packages, folder / "installed", archive);
    return std::make_unique<Machine>(Hardware{.kernel = Kernel{packages}.image(),
                                              .root = archive,
                                              .emulator_tree = emulator,
                                              .artefacts = folder,
                                              .kernel_words = {}});
}

}  // namespace

Machine& the_machine() {
    static std::unique_ptr<Machine> machine;
    static std::string failure;
    if (!failure.empty()) {
        throw std::runtime_error{"no virtual machine: " + failure};
    }
    if (!machine) {
        try {
            machine = boot();
        } catch (const std::exception& problem) {
            failure = problem.what();
            throw;
        }
    }
    return *machine;
}

pty::Line& prompt_on(const std::string& name, const pty::Place& place) {
    Machine& machine = the_machine();
    pty::Line& line = machine.line(name);
    const std::string leader = leader_on(name);
    if (!leader.empty() && machine.holds("[ \"$(cat /proc/" + leader + "/comm)\" = login ]")) {
        machine.run("kill -HUP " + leader);
        machine.wait_for("! kill -0 " + leader, step_deadline, place);
    }
    static_cast<void>(line.take_received());
    line.send("\x15\r", place);
    line.expect("box login: ", step_deadline, place);
    return line;
}

void answer_as(const pty::Account& account, pty::Line& line, const pty::Place& place) {
    line.send(account.name + "\r", place);
    line.expect("Password: ", step_deadline, place);
    line.send(account.password + "\r", place);
    line.expect(shell_prompt, step_deadline, place);
}

pty::Line& log_in(const std::string& name, const pty::Account& account, const pty::Place& place) {
    pty::Line& line = prompt_on(name, place);
    answer_as(account, line, place);
    return line;
}

std::string ask_shell(pty::Line& line, const std::string& command, const pty::Place& place) {
    line.send(command + "\r", place);
    line.expect(command + "\r\n", step_deadline, place);
    return line.expect(shell_prompt, step_deadline, place);
}

void type_name_and_password(const pty::Account& account, const pty::Place& place) {
    Machine& machine = the_machine();
    machine.expect_last_row("box login:", step_deadline, place);
    machine.type(account.name + "\n");
    machine.expect_last_row("Password:", step_deadline, place);
    machine.type(account.password + "\n");
    machine.expect_last_row(shell_prompt_on_screen, step_deadline, place);
}

std::string leader_on(const std::string& line) {
    // Who is logged in there has a login that is in no session of the line's.
    return the_machine().run("utmpdump /run/utmp 2>/dev/null | grep '\\[" + line +
                             " *\\]' | grep '^\\[[67]\\]' | cut -d '[' -f 3 | tr -cd 0-9");
}

std::string node_of(const std::string& line) {
    return the_machine().run("stat -c '%U:%G %a' /dev/" + line);
}

std::string log_of(const std::string& text) {
    return the_machine().run("grep -F '" + text + "' /var/log/messages; true");
}

void log_out(pty::Line& line, const pty::Place& place) {
    line.send("exit\r", place);
    line.expect("box login: ", step_deadline, place);
}

}  // namespace vm
