#include "tests/pty/dialogue.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <csignal>
#include <functional>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

using Words = std::vector<std::string>;

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};
const pty::Account bob{.name = "bob", .user = 1002, .password = "bobs own"};

std::string joined(const Words& words) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : " ") + word;
    }
    return text;
}

// --- the process that is executed as the shell, without a shell's own habits ---

/// The account "probe": its shell is `program` with one argument, which it
/// gets from the first line of a script. The script's text follows.
pty::Account probing_account(const pty::World& world, const std::string& program) {
    world.write_file("/run/probe", "#!" + program + "\n", 0755);
    return {.name = "probe", .user = 1003, .password = "secret", .shell = "/run/probe"};
}

/// What the probe prints when login is started by itself, as root with -f.
std::string probe(const pty::World& world,
                  const std::string& program,
                  pty::Command command = {},
                  const Words& options = {}) {
    const pty::Account account = probing_account(world, program);
    if (world.read_file("/etc/passwd").find(account.name + ":") == std::string::npos) {
        world.add_user(account);
    }
    pty::Line line;
    command.arguments = {pty::World::login()};
    command.arguments.insert(command.arguments.end(), options.begin(), options.end());
    command.arguments.insert(command.arguments.end(), {"-f", "probe"});
    command.session = pty::Session::leader_with_terminal;
    auto login = line.start_on(command);
    CHECK(login.wait_exit() == pty::Exit{.status = 0});
    line.expect_hang_up();
    return line.transcript().substr(0, line.transcript().find("#!" + program));
}

/// "SigIgn:\t0000000000000000\r\n" gives "0000000000000000".
std::string field(const std::string& text, const std::string& name) {
    const auto begin = text.find(name + ":");
    if (begin == std::string::npos) {
        return "no " + name;
    }
    const auto value = text.find_first_not_of(" \t", begin + name.size() + 1);
    return text.substr(value, text.find('\r', value) - value);
}

/// A line of /proc/PID/limits: "Max open files   1024   4096   files".
std::string limit(const std::string& text, const std::string& name) {
    const auto begin = text.find(name);
    if (begin == std::string::npos) {
        return "no " + name;
    }
    std::istringstream fields{text.substr(begin + name.size())};
    std::string soft;
    std::string hard;
    fields >> soft >> hard;
    return soft + " " + hard;
}

/// Sorted, from what /proc/PID/environ has in it.
Words variables_in(const std::string& text) {
    const auto first_end = text.find('\0');
    const auto line_before = text.rfind('\n', first_end);
    const auto begin = line_before == std::string::npos ? 0 : line_before + 1;
    std::istringstream stream{text.substr(begin, text.rfind('\0') - begin)};
    Words variables;
    for (std::string variable; std::getline(stream, variable, '\0');) {
        variables.push_back(variable);
    }
    std::sort(variables.begin(), variables.end());
    return variables;
}

Words sorted(Words words) {
    std::sort(words.begin(), words.end());
    return words;
}

void ignore_and_block_all_signals() {
    for (int number = 1; number < NSIG; ++number) {
        ::signal(number, SIG_IGN);
    }
    sigset_t all{};
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
}

/// What some inits and supervisors leave to their children.
void be_in_a_strange_state() {
    ignore_and_block_all_signals();
    ::umask(0777);
    ::setpriority(PRIO_PROCESS, 0, 5);
    const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    [[maybe_unused]] const auto written = ::write(file, "500", 3);
    ::close(file);
}

void open_a_thousand() {
    for (int count = 0; count < 1000; ++count) {
        // NOLINTNEXTLINE(android-cloexec-open): to be inherited
        if (::open("/etc/shadow", O_RDONLY) < 0) {
            ::_exit(1);
        }
    }
}

}  // namespace

// --- logging out ---

TEST_CASE("two people in turn on one line: each finds it clean, and the records tell both") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        choose_gate(world, gate);
        add_person(world, ann);
        add_person(world, bob);
        pty::Line line;
        for (const auto& person : {ann, bob}) {
            CAPTURE(person.name);
            auto getty = start_getty(line);
            log_in(line, person.name, person.password);
            CHECK(ask_shell(line, "id -un") == person.name + "\r\n");
            CHECK(line.owner() == pty::Line::Owner{.user = person.user, .group = 5, .mode = 0620});
            CHECK(record_of(world, line).user == person.name);
            const auto since = record_of(world, line).seconds;
            if (gate == pty::Gate::shadow) {  // PAM has a module for it
                CHECK(world.last_login(person.user).value_or(pty::LastLogin{}).line == line.name());
            }
            // Left behind for the next one to stumble over.
            line.send("stty raw -echo; exit\r");
            CHECK(getty.wait_exit() == pty::Exit{.status = 0});
            CHECK(line.owner() == pty::nobodys_line);
            const auto record = record_of(world, line);
            CHECK(record.type == DEAD_PROCESS);
            CHECK(record.process == getty.id());
            CHECK(record.user.empty());
            CHECK(record.host.empty());
            CHECK(record.seconds >= since);
        }
        CHECK(world.utmp().size() == 1);
        Words story;
        for (const auto& record : world.wtmp()) {
            if (record.type == USER_PROCESS) {
                story.push_back("in " + record.user);
            } else if (record.type == DEAD_PROCESS) {
                story.emplace_back("out");
            }
            CHECK(record.line == line.name());
        }
        CHECK(joined(story) == "in ann out in bob out");
    }
}

TEST_CASE("after a logout the prompt is back, and the name is echoed once") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    {
        auto getty = start_getty(line);
        log_in(line, "ann", "secret");
        line.send("stty raw -echo; exit\r");
        getty.wait_exit();
    }
    const auto getty = start_getty(line);
    line.expect("box login: ");
    // The kernel echoes nothing: the echo that comes is getty's.
    CHECK((line.modes().c_lflag & (ECHO | ECHONL)) == 0U);
    line.send("ann\r");
    const std::string shown = line.expect("Password: ");
    CHECK(shown.substr(0, shown.find('\r')) == "ann");
    line.send("secret\r");
    line.expect(pty::shell_prompt);
    // Sane again, for a shell that does not see to it itself.
    CHECK(ask_shell(line, "cat </dev/null") == "");
    const termios modes = line.modes();
    CHECK((modes.c_lflag & ECHO) != 0U);
    CHECK((modes.c_lflag & ICANON) != 0U);
    CHECK((modes.c_lflag & ISIG) != 0U);
    CHECK((modes.c_iflag & ICRNL) != 0U);
    CHECK((modes.c_oflag & (OPOST | ONLCR)) == (OPOST | ONLCR));
}

// --- what the shell is given ---

TEST_CASE("the shell's environment is exact, whatever login inherits or PAM sets (T-31)") {
    struct Stack {
        pty::Gate gate;
        bool is_hostile;
    };
    struct Inherited {
        std::string name;
        Words variables;
        Words kept;         ///< always
        Words kept_with_p;  ///< besides
    };
    const std::vector<Inherited> environments{
        {"empty", {}, {"TERM=dumb"}, {}},
        {"hostile",
         {"TERM=vt100",
          "COLORTERM=truecolor",
          "NO_COLOR=1",
          "LANG=de_DE.UTF-8",
          "LC_TIME=C",
          "TZ=UTC",
          "DISPLAY=:0",
          "HOME=/evil",
          "USER=evil",
          "LOGNAME=evil",
          "SHELL=/evil",
          "PATH=/evil",
          "MAIL=/evil",
          "IFS=/",
          "ENV=/evil",
          "BASH_ENV=/evil",
          "LD_LIBRARY_PATH=/evil",
          "XDG_SESSION_ID=1",
          "CREDENTIALS_DIRECTORY=/evil",
          "EVIL=1"},
         {"TERM=vt100", "COLORTERM=truecolor", "NO_COLOR=1"},
         {"LANG=de_DE.UTF-8", "LC_TIME=C", "TZ=UTC", "DISPLAY=:0"}}};
    const std::string program = "/bin/cat /proc/self/environ";
    struct Person {
        uid_t user;
        std::string path;
    };
    const std::vector<Person> people{
        {1003, "PATH=/usr/local/bin:/usr/bin:/bin"},
        {0, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}};
    const Words ours{"HOME=/home/probe",
                     "USER=probe",
                     "LOGNAME=probe",
                     "SHELL=/run/probe",
                     "MAIL=/var/mail/probe"};

    std::vector<Stack> stacks{{pty::Gate::shadow, false}};
    if (pty::gates().size() > 1) {
        stacks.push_back({pty::Gate::pam, false});
        stacks.push_back({pty::Gate::pam, true});
    }
    for (const Stack& stack : stacks) {
        for (const Inherited& inherited : environments) {
            for (int combination = 0; combination < 4; ++combination) {
                const bool keeps = combination % 2 != 0;
                const Person& person = people.at(static_cast<std::size_t>(combination / 2));
                CAPTURE(name_of(stack.gate));
                CAPTURE(stack.is_hostile);
                CAPTURE(inherited.name);
                CAPTURE(keeps);
                CAPTURE(person.user);
                const pty::TestWorld world;
                choose_gate(world, stack.gate);
                pty::Account account = probing_account(world, program);
                account.user = person.user;
                world.add_user(account);
                Words expected = ours;
                expected.push_back(stack.is_hostile ? "PATH=/pam/bin" : person.path);
                if (stack.is_hostile) {
                    world.append_file("/etc/pam.d/login", "session required pam_env.so\n");
                    world.write_file("/etc/environment",
                                     "HOME=/evil\nUSER=evil\nLOGNAME=evil\nSHELL=/evil\n"
                                     "LD_PRELOAD=/evil\nLD_AUDIT=/evil\nIFS=/\n"
                                     "GOOD=1\nPATH=/pam/bin\n");
                    expected.emplace_back("GOOD=1");
                }
                expected.insert(expected.end(), inherited.kept.begin(), inherited.kept.end());
                if (keeps) {
                    expected.insert(
                        expected.end(), inherited.kept_with_p.begin(), inherited.kept_with_p.end());
                }
                const auto seen = probe(world,
                                        program,
                                        {.environment = inherited.variables},
                                        keeps ? Words{"-p"} : Words{});
                CHECK(joined(variables_in(seen)) == joined(sorted(expected)));
            }
        }
    }
}

TEST_CASE("through getty the environment is as exact, root's path is root's") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    world.add_user(probing_account(world, "/bin/cat /proc/self/environ"));
    pty::Line line;
    pty::Command command{
        .arguments = {pty::World::getty(), "-l", pty::World::login(), "115200", "{line}", "vt102"},
        .environment = {"HOME=/evil", "PATH=/usr/bin:/bin", "LD_LIBRARY_PATH=/evil", "EVIL=1"}};
    auto getty = line.start_for(command);
    line.expect("login: ");
    line.send("probe\r");
    line.expect("Password: ");
    line.send("secret\r");
    const std::string seen = line.expect("#!");
    CHECK(joined(variables_in(seen)) ==
          "HOME=/home/probe LOGNAME=probe MAIL=/var/mail/probe PATH=/usr/local/bin:/usr/bin:/bin "
          "SHELL=/run/probe TERM=vt102 USER=probe");
    getty.wait_exit();

    world.set_password("root", "toor");
    const auto next = start_getty(line);
    line.expect("login: ");
    line.send("root\r");
    line.expect("Password: ");
    line.send("toor\r");
    line.expect("# ");
    line.send("echo $HOME $PATH\r");
    line.expect("/root /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\r\n");
}

TEST_CASE("somebody's groups are theirs in a file of more than a megabyte (T-43)") {
    std::string groups = "first:x:1500:probe\n";
    constexpr std::size_t a_megabyte = std::size_t{1024} * 1024;
    for (int number = 2000; groups.size() < a_megabyte; ++number) {
        groups += "project" + std::to_string(number) + ":x:" + std::to_string(number) + ":\n";
    }
    groups += "last:x:1600:probe\n";
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        choose_gate(world, gate);
        world.append_file("/etc/group", groups);
        const auto status = probe(world, "/bin/cat /proc/self/status");
        const std::string theirs = " " + field(status, "Groups") + " ";
        CHECK(theirs.find(" 1500 ") != std::string::npos);
        CHECK(theirs.find(" 1600 ") != std::string::npos);
    }
}

TEST_CASE("a shell may be looked at by its user, as any process of theirs") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        choose_gate(world, gate);
        add_person(world, ann);
        pty::Line line;
        const auto getty = start_getty(line);
        log_in(line, "ann", "secret");
        // What is not to be traced is root's in /proc.
        CHECK(ask_shell(line, "stat -c %u /proc/$$/mem") == std::to_string(ann.user) + "\r\n");
    }
}

TEST_CASE("the shell has descriptors 0, 1 and 2 and no other, of a thousand inherited (T-32)") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        choose_gate(world, gate);
        for (const auto& inherit :
             {std::function<void()>{}, std::function<void()>{open_a_thousand}}) {
            // The one it reads the directory with is the lowest that is free.
            const auto seen = probe(world, "/bin/ls /proc/self/fd/", {.before_exec = inherit});
            std::istringstream words{seen.substr(seen.find("fd/:") + 4)};
            CHECK(joined(Words{std::istream_iterator<std::string>{words}, {}}) == "0 1 2 3");
        }
    }
}

TEST_CASE("the shell's three descriptors are the line, also after getty with a thousand (T-32)") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    pty::Command command{.arguments = pty::getty_command()};
    command.before_exec = open_a_thousand;
    const auto getty = line.start_for(command);
    line.expect("login: ");
    line.send("ann\r");
    line.expect("Password: ");
    line.send("secret\r");
    line.expect(pty::shell_prompt);
    CHECK(ask_shell(line, "ls /proc/self/fd | wc -l") == "4\r\n");
    for (const char* number : {"0", "1", "2"}) {
        CHECK(ask_shell(line, std::string{"readlink /proc/$$/fd/"} + number) ==
              line.path() + "\r\n");
    }
}

TEST_CASE("signals, umask, niceness and the rest are the defaults, whatever came in (T-34)") {
    for (const auto gate : pty::gates()) {
        for (const bool is_strange : {false, true}) {
            CAPTURE(name_of(gate));
            CAPTURE(is_strange);
            const pty::TestWorld world;
            choose_gate(world, gate);
            pty::Command command;
            if (is_strange) {
                command.before_exec = be_in_a_strange_state;
            }
            const auto status = probe(world, "/bin/cat /proc/self/status", command);
            CHECK(field(status, "SigBlk") == "0000000000000000");
            CHECK(field(status, "SigIgn") == "0000000000000000");
            CHECK(field(status, "NoNewPrivs") == "0");
            CHECK(field(status, "Seccomp") == "0");
            CHECK(field(status, "Umask") == "0022");
            CHECK(field(status, "TracerPid") == "0");
            CHECK(probe(world, "/bin/cat /proc/self/oom_score_adj", command).ends_with("0\r\n"));
            const auto stat = probe(world, "/bin/cat /proc/self/stat", command);
            std::istringstream after_name{stat.substr(stat.rfind(')') + 1)};
            const Words fields{std::istream_iterator<std::string>{after_name}, {}};
            constexpr std::size_t niceness = 19 - 3;
            CHECK(fields.at(niceness) == "0");
        }
    }
}

TEST_CASE("the same holds through getty (T-34)") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    world.add_user(probing_account(world, "/bin/cat /proc/self/status"));
    pty::Line line;
    pty::Command command{.arguments = pty::getty_command()};
    command.before_exec = ignore_and_block_all_signals;
    auto getty = line.start_for(command);
    line.expect("login: ");
    line.send("probe\r");
    line.expect("Password: ");
    line.send("secret\r");
    const auto status = line.expect("#!");
    CHECK(field(status, "SigBlk") == "0000000000000000");
    CHECK(field(status, "SigIgn") == "0000000000000000");
    // Nothing is left of the process that checked the password.
    CHECK(field(status, "NoNewPrivs") == "0");
    CHECK(field(status, "Seccomp") == "0");
    CHECK(getty.wait_exit() == pty::Exit{.status = 0});
}

TEST_CASE(
    "limits that login has for itself are not the shell's: core files may be written (T-34)") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        choose_gate(world, gate);
        // A sanitizer forbids core files before main() has begun.
        constexpr rlimit core =
            TTYGATE_SANITIZED != 0 ? rlimit{} : rlimit{.rlim_cur = 1 << 20, .rlim_max = 1 << 21};
        pty::Command direct{.arguments = {"/bin/cat", "/proc/self/limits"},
                            .limits = {{RLIMIT_CORE, core}}};
        const auto before = pty::run(direct).output;
        const auto seen =
            probe(world, "/bin/cat /proc/self/limits", {.limits = {{RLIMIT_CORE, core}}});
        for (const char* name : {"Max cpu time",
                                 "Max file size",
                                 "Max data size",
                                 "Max core file size",
                                 "Max resident set",
                                 "Max processes",
                                 "Max locked memory",
                                 "Max address space",
                                 "Max file locks",
                                 "Max pending signals",
                                 "Max msgqueue size",
                                 "Max nice priority",
                                 "Max realtime priority",
                                 "Max realtime timeout"}) {
            CAPTURE(std::string{name});
            CHECK(limit(seen, name) == limit(before, name));
        }
        // Of these two what init had is not a good default.
        CHECK(limit(seen, "Max open files").starts_with("1024 "));
        CHECK(limit(seen, "Max stack size").starts_with("8388608 "));
    }
}

TEST_CASE("limits and umask that PAM modules set have the last word (T-34)") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    world.append_file("/etc/pam.d/login",
                      "session required pam_limits.so\n"
                      "session required pam_umask.so umask=027\n");
    world.write_file("/etc/security/limits.conf",
                     "probe soft nofile 77\n"
                     "probe hard nofile 99\n"
                     "probe - core 2048\n");
    const auto limits = probe(world, "/bin/cat /proc/self/limits");
    CHECK(limit(limits, "Max open files") == "77 99");
    CHECK(limit(limits, "Max core file size") == "2097152 2097152");
    CHECK(field(probe(world, "/bin/cat /proc/self/status"), "Umask") == "0027");
}

TEST_CASE("all ids are the person's, and the groups are those the group file gives") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        choose_gate(world, gate);
        world.add_group("audio", 29, "other,probe");
        world.add_group("plugdev", 46, "probe");
        world.add_group("wheel", 10, "other");
        // As if root's own groups were to be handed on.
        pty::Command command;
        command.before_exec = [] {
            constexpr gid_t groups[] = {0, 42};
            [[maybe_unused]] const int result = ::setgroups(2, groups);
        };
        const auto status = probe(world, "/bin/cat /proc/self/status", command);
        CHECK(field(status, "Uid") == "1003\t1003\t1003\t1003");
        CHECK(field(status, "Gid") == "1003\t1003\t1003\t1003");
        std::istringstream groups{field(status, "Groups")};
        CHECK(joined(Words{std::istream_iterator<std::string>{groups}, {}}) == "29 46 1003");
        CHECK(field(status, "CapEff") == "0000000000000000");
        CHECK(field(status, "CapPrm") == "0000000000000000");
    }
}
