#include "tests/vm/guest.hpp"

#include <doctest/doctest.h>

namespace {

/// login.conf(5) as a test case wants it, and as it was after that.
class LoginConf {
  public:
    explicit LoginConf(const std::string& text) {
        vm::the_machine().run("cp /etc/ttygate/login.conf /tmp/login.conf; printf '" + text +
                              "' >>/etc/ttygate/login.conf");
    }
    LoginConf(const LoginConf&) = delete;
    LoginConf& operator=(const LoginConf&) = delete;
    LoginConf(LoginConf&&) = delete;
    LoginConf& operator=(LoginConf&&) = delete;
    ~LoginConf() {
        try {
            vm::the_machine().run("cp /tmp/login.conf /etc/ttygate/login.conf");
        } catch (const std::exception& problem) {
            ADD_FAIL_CHECK_AT(__FILE__, __LINE__, problem.what());
        }
    }
};

/// Root may raise limits here, as on a real machine and in few containers.
std::string answer_of_anns_shell(const std::string& command) {
    pty::Line& line = vm::log_in("hvc0");
    const std::string answer = vm::ask_shell(line, command);
    vm::log_out(line);
    return answer;
}

}  // namespace

TEST_CASE("limits(5) that raise what init has: the shadow gate gives them") {
    vm::Machine& machine = vm::the_machine();
    const LoginConf shadow{"LOGIN_GATE shadow\\n"};
    machine.run("echo 'ann I25 O3 N600000' >/etc/limits");
    CHECK(answer_of_anns_shell("echo $(ulimit -He) $(ulimit -Hr) $(ulimit -Hn)") ==
          "25 3 600000\r\n");
    CHECK(vm::log_of("is more than this machine allows").empty());
    machine.run("rm /etc/limits");
}

TEST_CASE("limits.conf(5) that raise what init has: pam_limits gives them") {
    vm::Machine& machine = vm::the_machine();
    machine.run(
        "printf 'ann hard nofile 700000\\nann soft nofile 7000\\nann hard rtprio 9\\n' "
        ">/etc/security/limits.d/test.conf");
    CHECK(answer_of_anns_shell("echo $(ulimit -Hn) $(ulimit -Sn) $(ulimit -Hr)") ==
          "700000 7000 9\r\n");
    machine.run("rm /etc/security/limits.d/test.conf");
}

TEST_CASE("LOGIN_MAX_PROCESSES: a cgroup holds a session that forks, and its end ends them all") {
    vm::Machine& machine = vm::the_machine();
    const LoginConf strays{"LOGIN_KILL_STRAYS yes\\nLOGIN_MAX_PROCESSES 40\\n"};
    pty::Line& line = vm::log_in("hvc0");
    const std::string group =
        machine.run("cut -d : -f 3 /proc/$(pgrep -P " + vm::leader_on("hvc0") + " bash)/cgroup");
    CAPTURE(group);
    const std::string folder = "/sys/fs/cgroup" + group.substr(0, group.find('\n'));
    CHECK(machine.run("cat " + folder + "/pids.max") == "40\n");
    // By processes of sessions of their own, whom no hang-up reaches; not more
    // than 300, for the case that nothing holds them.
    machine.run(
        "cp /usr/bin/sleep /tmp/stray; cat >/tmp/bomb <<'END'\n"
        "i=0\nwhile [ $i -lt 300 ]; do /tmp/stray 1000 & i=$((i + 1)); done\nEND\n");
    line.send("setsid bash /tmp/bomb </dev/null >/dev/null 2>&1 &\r");
    machine.wait_for("[ $(pgrep -c -x stray) -gt 30 ]");
    machine.wait_for("grep -q 'max [1-9]' " + folder + "/pids.events");
    CHECK(machine.holds("[ $(pgrep -c -x stray) -lt 40 ]"));
    CHECK(machine.holds("[ $(cat " + folder + "/pids.current) -le 40 ]"));
    vm::log_out(line);
    CHECK_FALSE(machine.holds("pgrep -x 'stray|bash'"));
    CHECK_FALSE(machine.holds("test -e " + folder));
}
