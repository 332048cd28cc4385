#include "tests/inits/machine.hpp"
#include "tests/inits/process_one.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/process_table.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <utmpx.h>

#include <doctest/doctest.h>

namespace {

using inits::ann;
using inits::respawn_deadline;

const pty::Account bob{.name = "bob", .user = 1002, .password = "bobs own"};

/// What has to be read before there is a World.
struct Sysvinit {
    std::string program = pty::fetched_file("sysvinit-core", "/sbin/init");
    std::string inittab = inits::entry("sysvinit-inittab");
};

/// Debian's sysvinit as process 1 of a World, with two lines to serve.
class SysvinitMachine {
  public:
    SysvinitMachine(const pty::World& world, const Sysvinit& sysvinit)
        : init_(boot(world, sysvinit, first, second)) {}

    pty::Line first;   ///< tty1
    pty::Line second;  ///< ttyS0

    [[nodiscard]] bool is_running() { return init_.is_running(); }

  private:
    static pty::Process boot(const pty::World& world,
                             const Sysvinit& sysvinit,
                             const pty::Line& first_line,
                             const pty::Line& second_line) {
        inits::stand_at(world, first_line.path(), "/dev/tty1");
        inits::stand_at(world, second_line.path(), "/dev/ttyS0");
        world.write_file("/etc/inittab", "id:2:initdefault:\n" + sysvinit.inittab);
        world.write_file("/run/sysvinit", sysvinit.program, 0755);
        return inits::start_as_process_one({.arguments = {"init"}, .program = "/run/sysvinit"});
    }

    pty::Process init_;
};

/// The records of utmp with this id: there is one of each.
std::vector<pty::Record> records_with_id(const pty::World& world, const std::string& id) {
    auto records = world.utmp();
    records.erase(std::remove_if(records.begin(),
                                 records.end(),
                                 [&](const pty::Record& record) { return record.id != id; }),
                  records.end());
    return records;
}

pty::Record only_record_with_id(const pty::World& world, const std::string& id) {
    const auto records = records_with_id(world, id);
    CHECK(records.size() == 1);
    return records.empty() ? pty::Record{} : records.front();
}

std::string text_of(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

TEST_CASE("under Debian's sysvinit two people log in one after the other on one line") {
    const Sysvinit sysvinit;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    add_person(world, bob);
    SysvinitMachine machine{world, sysvinit};
    pty::Line& line = machine.first;
    for (const auto& person : {ann, bob}) {
        CAPTURE(person.name);
        line.expect("box login: ", respawn_deadline);
        const auto waiting = only_record_with_id(world, "1");
        CHECK(waiting.type == LOGIN_PROCESS);
        CHECK(waiting.line == "tty1");
        CHECK(waiting.process == inits::id_inside(line.session()));

        line.send(person.name + "\r");
        line.expect("Password: ");
        line.send(person.password + "\r");
        line.expect(pty::shell_prompt);
        CHECK(ask_shell(line, "id -un") == person.name + "\r\n");
        // The same process under the same id: that is how init knows it.
        const auto record = only_record_with_id(world, "1");
        CHECK(record.type == USER_PROCESS);
        CHECK(record.user == person.name);
        CHECK(record.process == waiting.process);
        CHECK(record.session == inits::id_inside(line.session()));
        CHECK(ask_shell(line, "echo $PPID $$") ==
              std::to_string(record.process) + " " + std::to_string(record.session) + "\r\n");
        CHECK(ask_shell(line, "ps -o comm= -p $PPID") == "login\r\n");
        CHECK(ask_shell(line, "ps -o ppid= -p $PPID | tr -d ' '") == "1\r\n");
        line.send("exit\r");
    }
    line.expect("box login: ", respawn_deadline);
    CHECK(only_record_with_id(world, "1").type == LOGIN_PROCESS);
    CHECK(inits::Machine{.world = world, .line = line, .name = "tty1"}.count_in_wtmp(
              USER_PROCESS) == 2);
    CHECK(line.owner() == pty::nobodys_line);
    CHECK(machine.is_running());
}

TEST_CASE("under sysvinit three wrong passwords end login, and a new getty asks") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const Sysvinit sysvinit;
        pty::TestWorld world;
        choose_gate(world, gate);
        add_person(world, ann);
        SysvinitMachine machine{world, sysvinit};
        pty::Line& line = machine.second;
        line.expect("box login: ", respawn_deadline);
        const pid_t before = only_record_with_id(world, "T0").process;
        for (int attempt = 0; attempt < 3; ++attempt) {
            if (attempt > 0) {
                line.expect("login: ");
            }
            line.send("ann\r");
            line.expect("Password: ");
            line.send("wrong\r");
            line.expect("Login incorrect");
        }
        // The issue is getty's, login shows none.
        line.expect("Test box ttyS0", respawn_deadline);
        line.expect("box login: ");
        const auto waiting = only_record_with_id(world, "T0");
        CHECK(waiting.type == LOGIN_PROCESS);
        CHECK(waiting.process != before);
        CHECK(world.btmp().size() == 3);
        line.send("ann\r");
        line.expect("Password: ");
        line.send("secret\r");
        line.expect(pty::shell_prompt);
    }
}

TEST_CASE("under sysvinit a killed getty and a killed login are followed by a new getty") {
    const Sysvinit sysvinit;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    SysvinitMachine machine{world, sysvinit};
    pty::Line& line = machine.first;
    line.expect("box login: ", respawn_deadline);
    const pid_t getty = only_record_with_id(world, "1").process;
    ::kill(line.session(), SIGKILL);
    line.expect("box login: ", respawn_deadline);
    const pid_t login = only_record_with_id(world, "1").process;
    CHECK(login != getty);

    line.send("ann\r");
    line.expect("Password: ");
    ::kill(line.session(), SIGKILL);
    line.expect("box login: ", respawn_deadline);
    CHECK(only_record_with_id(world, "1").process != login);
    line.send("ann\r");
    line.expect("Password: ");
    line.send("secret\r");
    line.expect(pty::shell_prompt);
    // The other line has not noticed.
    machine.second.expect("box login: ");
    CHECK(machine.second.unmatched().empty());
}

TEST_CASE("init: sysvinit, by the lines for its inittab") {
    const Sysvinit sysvinit;
    pty::TestWorld world;
    add_person(world, ann);
    SysvinitMachine machine{world, sysvinit};
    // Of a login that ends without its undo init ends the record.
    inits::visit({.world = world, .line = machine.second, .orphan = inits::Orphan::is_hung_up});
    machine.first.expect("box login: ");
    CHECK(machine.first.unmatched().empty());
    CHECK(machine.is_running());
}

TEST_CASE("a machine under sysvinit leaves nothing behind") {
    const Sysvinit sysvinit;
    const std::string mounts = text_of("/proc/self/mounts");
    {
        pty::TestWorld world;
        SysvinitMachine machine{world, sysvinit};
        machine.first.expect("box login: ", respawn_deadline);
        machine.second.expect("box login: ", respawn_deadline);
    }
    CHECK(text_of("/proc/self/mounts") == mounts);
    const auto left = pty::running_processes();
    CHECK(std::none_of(left.begin(), left.end(), [](const pty::RunningProcess& process) {
        return (process.name == "init" || process.name == "getty") && process.state != 'Z';
    }));
}
