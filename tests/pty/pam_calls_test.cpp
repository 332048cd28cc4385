// What PAM's modules may do to a login and ask of it, by a module that is told to.
#include "common/syscall.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/pam_journal.hpp"
#include "tests/pty/process_table.hpp"
#include "tests/pty/test_world.hpp"
#include "tests/testing.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};
const std::string conversation_error = "conversation=19";  // PAM_CONV_ERR

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string text_of(pid_t process, const char* file) {
    std::ifstream stream{"/proc/" + std::to_string(process) + "/" + file, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

std::string field_of(pid_t process, const std::string& name) {
    std::istringstream lines{text_of(process, "status")};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(name + ":\t")) {
            return line.substr(name.size() + 2);
        }
    }
    return {};
}

/// Somebody whose module waits in a step until it is let go.
void wait_until_held(const pty::Process& login, std::size_t times = 1) {
    REQUIRE(pty::wait_until([&] {
        const auto steps = pty::PamJournal::steps_of(login.id());
        std::size_t count = 0;
        for (auto at = steps.find("held"); at != std::string::npos;
             at = steps.find("held", at + 1)) {
            ++count;
        }
        return count >= times;
    }));
}

/// Copies of the text in all memory that the process can write to.
std::size_t copies_in(pid_t process, const std::string& text) {
    std::istringstream maps{text_of(process, "maps")};
    std::ifstream memory{"/proc/" + std::to_string(process) + "/mem", std::ios::binary};
    std::size_t copies = 0;
    for (std::string line; std::getline(maps, line);) {
        if (!contains(line.substr(0, line.find('/')), " rw")) {
            continue;
        }
        const auto begin = std::stoull(line, nullptr, 16);
        const auto end = std::stoull(line.substr(line.find('-') + 1), nullptr, 16);
        std::string part(end - begin, '\0');
        memory.clear();
        memory.seekg(static_cast<std::streamoff>(begin));
        memory.read(part.data(), static_cast<std::streamsize>(part.size()));
        for (auto at = part.find(text); at != std::string::npos; at = part.find(text, at + 1)) {
            ++copies;
        }
    }
    return copies;
}

/// As root is in a container by default: who may read whose memory is then a matter of
/// who they are, and of what the other process lets be read (ptrace(2)).
void give_up_tracing() noexcept {
    ::prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE, 0, 0, 0);
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    ::syscall(SYS_capget, &header, sets.data());
    for (__u32* const set : {&sets[0].effective, &sets[0].permitted, &sets[0].inheritable}) {
        *set &= ~(__u32{1} << unsigned{CAP_SYS_PTRACE});
    }
    ::syscall(SYS_capset, &header, sets.data());
}

/// Whether somebody of that number may open the memory of a process, and with it read
/// what it holds.
bool may_read_memory(uid_t user, pid_t process) {
    const std::string path = "/proc/" + std::to_string(process) + "/mem";
    constexpr int refused = 1;
    constexpr int failed = 2;
    const pid_t reader = ::fork();
    if (reader == 0) {
        give_up_tracing();
        if (user != 0 &&
            (::setresgid(user, user, user) != 0 || ::setresuid(user, user, user) != 0)) {
            ::_exit(failed);
        }
        const bool is_open = ::open(path.c_str(), O_RDONLY | O_CLOEXEC) >= 0;
        const bool is_refused = errno == EACCES || errno == EPERM;
        ::_exit(is_open ? 0 : is_refused ? refused : failed);
    }
    int status = -1;
    REQUIRE(::waitpid(reader, &status, 0) == reader);
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) != failed);
    return WEXITSTATUS(status) == 0;
}

/// System calls of one process, from the exec of a program to its end.
struct Calls {
    std::size_t until_shell = 0;  ///< has been told to go on
    std::size_t all = 0;
};

/// `process` is about to exec, and traced.
Calls count_system_calls(pid_t process) {
    Calls calls;
    std::size_t stops = 0;
    int status = 0;
    REQUIRE(::waitpid(process, &status, 0) == process);
    ::ptrace(PTRACE_SETOPTIONS, process, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    for (int deliver = 0;;) {
        ::ptrace(PTRACE_SYSCALL, process, nullptr, deliver);
        siginfo_t ended{};
        // The end itself is left for whoever started the process.
        if (::waitid(P_PID, static_cast<id_t>(process), &ended, WEXITED | WSTOPPED | WNOWAIT) !=
                0 ||
            ended.si_code == CLD_EXITED || ended.si_code == CLD_KILLED) {
            calls.all = stops / 2;
            return calls;
        }
        ::waitpid(process, &status, 0);
        const bool is_call = WSTOPSIG(status) == (SIGTRAP | 0x80);
        stops += is_call ? 1 : 0;
        deliver = is_call || WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
        if (is_call) {
            __ptrace_syscall_info call{};
            ::ptrace(PTRACE_GET_SYSCALL_INFO, process, sizeof call, &call);
            // One byte on a channel: there is no other such call in login.
            const bool is_order = call.op == PTRACE_SYSCALL_INFO_ENTRY &&
                                  call.entry.nr == SYS_sendto && call.entry.args[2] == 1;
            if (is_order) {
                calls.until_shell = (stops + 1) / 2;
            }
        }
    }
}

Calls calls_of(pty::Command command, const pty::Line& line) {
    command.session = pty::Session::leader_with_terminal;
    command.before_exec = [] { ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); };
    auto process = line.start_on(command);
    const Calls calls = count_system_calls(process.id());
    CHECK(process.wait_exit() == pty::Exit{.status = 0});
    return calls;
}

/// Of some logins the one with the fewest, up to one within these bounds: it waits, two
/// calls at a time, more often where there are few processors for many.
Calls fewest_calls_of(const pty::Command& command,
                      const pty::Line& line,
                      std::size_t until_shell,
                      std::size_t all) {
    Calls fewest = calls_of(command, line);
    constexpr int most_tries = 20;
    for (int tries = 1;
         tries < most_tries && (fewest.until_shell > until_shell || fewest.all > all);
         ++tries) {
        const Calls calls = calls_of(command, line);
        fewest.until_shell = std::min(fewest.until_shell, calls.until_shell);
        fewest.all = std::min(fewest.all, calls.all);
    }
    return fewest;
}

}  // namespace

TEST_CASE("T-19 conversation on a line: 32 messages in order, and calls that cannot be answered") {
    const pty::PamJournal journal;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, ann);
    journal.be_stack(world,
                     "authenticate:ask-33 authenticate:ask-0 authenticate:ask-null "
                     "authenticate:ask-style=5 authenticate:ask-style=7 authenticate:ask-style=99 "
                     "authenticate:ask-32 authenticate:ask-without-words authenticate:complain=Oh");
    pty::Line line;
    const auto login = start_getty(line);
    line.expect("login: ");
    line.send("ann\r");
    std::string expected = "\r\n";
    for (int i = 0; i < 15; ++i) {
        expected += "a text\r\nan error\r\n";
    }
    const std::string before = line.expect("shown: ");
    CHECK(before.substr(before.find("\r\n") + 2) == expected.substr(2));
    line.send("one\r");
    line.expect("one\r\nhidden: ");
    line.send("two\r");
    // A text without a text is an empty line, a question without one is asked, and
    // nothing shows when.
    line.expect("\r\n\r\n");
    REQUIRE(pty::wait_until([&] {
        // Once the first answers are the module's, a line without echo is the question's.
        return contains(pty::PamJournal::steps_of(login.id()), "[31:two]") &&
               (line.modes().c_lflag & ICANON) == 0U;
    }));
    pty::let_pass(300ms * pty::slowness);
    line.send("three\r");
    line.expect("Oh\r\n");
    line.expect(pty::shell_prompt);
    const auto steps = pty::PamJournal::steps_of(login.id());
    std::string refused;
    for (int i = 0; i < 6; ++i) {
        refused += conversation_error + " ";
    }
    CHECK(contains(steps,
                   "authenticate " + refused + "conversation=0[30:one][31:two] " +
                       "conversation=0[1:three] conversation=0 account"));
    CHECK_FALSE(contains(line.transcript(), "two"));
    CHECK_FALSE(contains(line.transcript(), "three"));
}

TEST_CASE("T-19 conversation on a line: signals and resized screens do not disturb an answer") {
    const pty::PamJournal journal;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, ann);
    journal.be_stack(world, "authenticate:ask=Token:");
    pty::Line line;
    const auto login = start_getty(line);
    line.expect("login: ");
    line.send("ann\r");
    line.expect("Token:");
    for (const char key : {'a', 'b', 'c'}) {
        line.resize(30, static_cast<unsigned short>(80 + key));
        for (const int number : {SIGWINCH, SIGCONT, SIGCHLD, SIGALRM, SIGTSTP, SIGINT, SIGQUIT}) {
            login.signal(number);
        }
        line.send(std::string{key});
    }
    line.send("\r");
    line.expect(pty::shell_prompt);
    CHECK(contains(pty::PamJournal::steps_of(login.id()), "conversation=0[0:abc]"));
}

TEST_CASE("T-19 conversation on a line: asked in every step, and nobody once the line is gone") {
    const pty::PamJournal journal;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, ann);
    journal.be_stack(world,
                     "expired account:ask=1: password:ask=2: establish:ask=3: open:ask=4: "
                     "reinitialize:ask=5: close:ask=6: delete:ask=7:");
    {
        pty::Line line;
        auto login = start_getty(line);
        line.expect("login: ");
        line.send("ann\r");
        for (const char* number : {"1", "2", "3", "4", "5"}) {
            line.expect(std::string{number} + ":");
            line.send(std::string{"answer"} + number + "\r");
        }
        line.expect(pty::shell_prompt);
        line.send("exit\r");
        const auto left = pty::Clock::now();
        CHECK(login.wait_exit() == pty::Exit{.status = 0});
        // After five seconds, if it paused as after a failure.
        CHECK(pty::Clock::now() - left < 4s * pty::slowness);
        const auto steps = pty::PamJournal::steps_of(login.id());
        CHECK(contains(
            steps, "[0:answer5] close " + conversation_error + " delete " + conversation_error));
        CHECK_FALSE(contains(line.transcript(), "answer"));
    }
    // Gone in the middle of the session's opening: asked, and told so at once.
    journal.be_stack(world, "open:hold=go open:ask=Still there?");
    pty::Line line;
    auto login = start_getty(line);
    line.expect("login: ");
    line.send("ann\r");
    wait_until_held(login);
    line.close_master();
    world.write_file("/run/pam_journal/go", "");
    CHECK(login.wait_exit(60s) == pty::Exit{.status = 1});
    CHECK(pty::PamJournal::steps_of(login.id()) ==
          "authenticate account establish open held " + conversation_error + " delete");
}

TEST_CASE("T-26 no copy of a password is in login's memory after any phase") {
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("a sanitizer's memory is too much to look through");
    }
    const pty::PamJournal journal;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    // Not a word that anything else might hold.
    std::string secret = "pw";
    std::random_device random;
    for (int i = 0; i < 16; ++i) {
        secret += static_cast<char>('a' + random() % 26);
    }
    add_person(world, {.name = "ann", .user = 1001, .password = secret});
    journal.join_stack(world,
                       "account:hold=1st establish:hold=2nd open:hold=3rd reinitialize:hold=4th");
    pty::Line line;
    const auto login = start_getty(line);
    line.expect("login: ");
    line.send("ann\r");
    line.expect("Password: ");
    line.send(secret.substr(0, 9));
    // The scan finds what is there: the half that has been typed.
    CHECK(pty::wait_until([&] { return copies_in(login.id(), secret.substr(0, 9)) > 0; }));
    line.send(secret.substr(9) + "\r");
    const std::array phases{"account", "establish", "open", "reinitialize"};
    // No numbers: a process's own are those of its steps.
    const std::array go_aheads{"1st", "2nd", "3rd", "4th"};
    for (std::size_t i = 0; i < phases.size(); ++i) {
        CAPTURE(std::string{phases.at(i)});
        wait_until_held(login, i + 1);
        CHECK(copies_in(login.id(), secret) == 0);
        world.write_file(std::string{"/run/pam_journal/"} + go_aheads.at(i), "");
    }
    line.expect(pty::shell_prompt);
    CHECK(copies_in(login.id(), secret) == 0);
    CHECK(copies_in(line.session(), secret) == 0);
}

TEST_CASE("T-26 nobody reads the memory of login, nor of what is to be the shell, until it is") {
    const pty::PamJournal journal;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, ann);
    journal.join_stack(world, "account:hold=go open:hang-in-child=3600");
    pty::Line line;
    const auto login =
        line.start_for({.arguments = pty::getty_command(), .before_exec = give_up_tracing});
    line.expect("login: ");
    line.send("ann\r");
    line.expect("Password: ");
    CHECK_FALSE(may_read_memory(0, login.id()));
    line.send("secret\r");
    wait_until_held(login);
    CHECK_FALSE(may_read_memory(0, login.id()));
    world.write_file("/run/pam_journal/go", "");
    // It is ann already, has not come to exec and still holds what login does.
    const auto is_ann = [&line] {
        const pid_t session = line.session();
        return session > 0 && field_of(session, "Uid") == "1001\t1001\t1001\t1001";
    };
    REQUIRE(pty::wait_until(is_ann));
    const pid_t shell = line.session();
    REQUIRE(field_of(shell, "Name") == "login");
    CHECK_FALSE(may_read_memory(ann.user, shell));
    CHECK_FALSE(may_read_memory(0, shell));
}

TEST_CASE("T-26 what holds nothing of ours can be read by who it belongs to") {
    const pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    const auto login = start_getty(line);
    pty::log_in(line, ann.name, ann.password);
    CHECK(may_read_memory(ann.user, line.session()));
    const pty::Process other{{.arguments = {"/bin/sleep", "1000"}, .before_exec = give_up_tracing}};
    CHECK(may_read_memory(0, other.id()));
}

TEST_CASE("T-26 a login that crashes with a password in it leaves no core file") {
    const pty::PamJournal journal;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, ann);
    journal.be_stack(world, "authenticate:ask=Token: authenticate:crash");
    pty::Line line;
    pty::Command command{.arguments = pty::getty_command(), .directory = "/tmp"};
    constexpr rlimit core{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    command.limits = {{RLIMIT_CORE, core}};
    const auto login = line.start_for(command);
    line.expect("login: ");
    line.send("ann\r");
    line.expect("Token:");
    line.send("secret\r");
    siginfo_t ended{};
    REQUIRE(pty::wait_until([&] {
        return ::waitid(
                   P_PID, static_cast<id_t>(login.id()), &ended, WEXITED | WNOHANG | WNOWAIT) ==
                   0 &&
               ended.si_pid != 0;
    }));
    CHECK(ended.si_code == CLD_KILLED);  // and not CLD_DUMPED
    CHECK(ended.si_status == SIGABRT);
}

TEST_CASE("T-46 a helper program in the stack finds 1024 descriptors, and login is no busier") {
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("not measured in a sanitized program");
    }
    // A World may cover what has been built.
    std::ifstream built{TTYGATE_PAM_FLOOR, std::ios::binary};
    const std::string program{std::istreambuf_iterator<char>{built}, {}};
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    world.write_file("/run/pam_floor", program, 0755);
    world.add_user({.name = "ann", .user = 1001, .password = "secret", .shell = "/bin/true"});
    world.write_file("/run/note", "#!/bin/sh\nulimit -n >>/run/noted\n", 0755);
    world.append_file("/etc/pam.d/login", "session required pam_exec.so quiet /run/note\n");
    const pty::Line line;
    pty::Command command{.arguments = {pty::World::login(), "-f", "ann"}};
    constexpr rlimit many{.rlim_cur = 20'000, .rlim_max = 20'000};
    command.limits = {{RLIMIT_NOFILE, many}};
    const Calls login = fewest_calls_of(command, line, 394, 470);
    // Two of each login.
    std::istringstream noted{world.read_file("/run/noted")};
    const std::vector<std::string> limits{std::istream_iterator<std::string>{noted}, {}};
    CHECK(limits.size() >= 2);
    CHECK(limits == std::vector<std::string>(limits.size(), "1024"));
    const Calls floor = calls_of({.arguments = {"/run/pam_floor", "ann"}}, line);
    MESSAGE("login's own system calls: ",
            login.all,
            ", until the shell: ",
            login.until_shell,
            "; of a program that only calls PAM: ",
            floor.all);
    // Debian's login makes 617 in such a stack.
    CHECK(login.until_shell <= 394);
    CHECK(login.all <= 470);
    CHECK(login.all <= floor.all + 180);
}

TEST_CASE("T-46 a login by the shadow gate is short") {
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("not measured in a sanitized program");
    }
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    world.add_user({.name = "ann", .user = 1001, .password = "secret", .shell = "/bin/true"});
    const pty::Line line;
    const Calls login =
        fewest_calls_of({.arguments = {pty::World::login(), "-f", "ann"}}, line, 199, 1000);
    MESSAGE("login's own system calls: ", login.all, ", until the shell: ", login.until_shell);
    // With those by which a process of its own used to look at the home, and two that
    // the shell's process used to make.
    CHECK(login.until_shell <= 199);
}

TEST_CASE("a login whose libpam is missing is refused for that reason, and the other gate works") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, ann);
    const auto libpam = [] {
        std::istringstream libraries{pty::run({.arguments = {"/sbin/ldconfig", "-p"}}).output};
        for (std::string line; std::getline(libraries, line);) {
            if (contains(line, "libpam.so.0 ")) {
                return line.substr(line.find("=> ") + 3);
            }
        }
        return std::string{};
    }();
    CAPTURE(libpam);
    if (libpam.empty()) {
        tests::skip("needs an ldconfig that knows libpam");
    }
    world.write_file("/run/nothing", "");
    common::check(::mount("/run/nothing", libpam.c_str(), nullptr, MS_BIND, nullptr), "mount");
    {
        pty::Line line;
        const auto login = line.start_on({.arguments = {pty::World::login(), "-f", "ann"},
                                          .session = pty::Session::leader_with_terminal});
        line.expect("a problem on this machine prevents logging in");
        CHECK(contains(world.wait_for_log("libpam cannot be loaded"),
                       libpam.substr(libpam.rfind('/') + 1)));
    }
    choose_gate(world, pty::Gate::shadow);
    pty::Line line;
    const auto login = line.start_on({.arguments = {pty::World::login(), "-f", "ann"},
                                      .session = pty::Session::leader_with_terminal});
    line.expect(pty::shell_prompt);
    common::check(::umount(libpam.c_str()), "umount");
}

TEST_CASE("T-21 no handler of ours exists, and a storm of signals changes nothing") {
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("a sanitizer has handlers of its own");
    }
    const std::string none = "0000000000000000";
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        choose_gate(world, gate);
        add_person(world, ann);
        pty::Line line;
        auto login = start_getty(line);
        const auto storm = [&login] {
            constexpr int rounds = 5600;  // three storms of six: 100,800 signals
            for (int i = 0; i < rounds; ++i) {
                for (const int number : {SIGCHLD, SIGALRM, SIGWINCH, SIGCONT, SIGINT, SIGPIPE}) {
                    login.signal(number);
                }
            }
        };
        line.expect("login: ");
        CHECK(field_of(login.id(), "SigCgt") == none);
        line.send("ann\r");
        line.expect("Password: ");
        CHECK(field_of(login.id(), "SigCgt") == none);
        for (const pid_t other : pty::descendants_of(login.id())) {
            CHECK(field_of(other, "SigCgt") == none);
        }
        storm();
        line.send("secret\r");
        storm();
        line.expect(pty::shell_prompt);
        CHECK(field_of(login.id(), "SigCgt") == none);
        storm();
        CHECK(ask_shell(line, "echo still here") == "still here\r\n");
        login.signal(SIGHUP);
        CHECK(login.wait_exit() == pty::Exit{.status = 0});
        CHECK(record_of(world, line).type == DEAD_PROCESS);
        CHECK(line.owner() == pty::nobodys_line);
    }
}

TEST_CASE("an alarm that a module has set and forgotten ends no session") {
    const pty::PamJournal journal;
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, ann);
    journal.be_stack(world, "open:alarm=1");
    pty::Line line;
    auto login = start_getty(line);
    line.expect("login: ");
    line.send("ann\r");
    line.expect(pty::shell_prompt);
    pty::let_pass(1300ms);
    CHECK(login.is_running());
    CHECK(ask_shell(line, "echo still here") == "still here\r\n");
    line.send("exit\r");
    CHECK(login.wait_exit() == pty::Exit{.status = 0});
    CHECK(contains(pty::PamJournal::steps_of(login.id()), "close delete"));
}
