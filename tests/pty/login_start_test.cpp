// What login may be started with, and what it does to the line meanwhile.
#include "common/syscall.hpp"
#include "common/unique_fd.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <list>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

using Words = std::vector<std::string>;

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};
const pty::Account bob{.name = "bob", .user = 1002, .password = "bobs own"};

/// Longer than any program stays that cannot do its work.
constexpr auto longest_stay = 60'000ms;

pty::Command bare_login(Words options = {}) {
    pty::Command command{.arguments = {pty::World::login()},
                         .session = pty::Session::leader_with_terminal};
    command.arguments.insert(command.arguments.end(), options.begin(), options.end());
    return command;
}

void type_right(pty::Line& line) {
    line.expect("login: ");
    line.send("ann\r");
    line.expect("Password: ");
    line.send("secret\r");
    line.expect(pty::shell_prompt);
}

std::string environment_of(pid_t process) {
    std::ifstream file{"/proc/" + std::to_string(process) + "/environ", std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    std::replace(text.begin(), text.end(), '\0', ' ');
    return text;
}

std::string descriptor_of(pid_t process, int number) {
    std::error_code none;
    return std::filesystem::read_symlink(
               "/proc/" + std::to_string(process) + "/fd/" + std::to_string(number), none)
        .string();
}

struct Node {
    uid_t owner;
    gid_t group;
    mode_t mode;
    bool operator==(const Node&) const = default;
};

Node node_at(const std::string& path) {
    struct stat status {};
    common::check(::stat(path.c_str(), &status), "stat", path);
    return {status.st_uid, status.st_gid, status.st_mode};
}

// --- what has been done to a line, by strace(1) ---

/// A call that a trace tells of: "fchown(3</dev/pts/0>, 1001, 5) = 0".
struct Call {
    std::string name;
    std::string arguments;
};

std::vector<Call> calls_on(const std::string& line, const std::string& trace) {
    std::vector<Call> calls;
    for (const std::string& text : pty::rows_of_trace(trace)) {
        const auto open = text.find('(');
        const auto begin = text.rfind(' ', open);
        if (open == text.npos || text.find("<" + line + ">") == text.npos ||
            !text.ends_with(" = 0")) {
            // A write ends with how much was written.
            if (open == text.npos || text.find("login: \"") == text.npos) {
                continue;
            }
        }
        const auto from = begin == text.npos ? 0 : begin + 1;
        calls.push_back({text.substr(from, open - from), text.substr(open + 1)});
    }
    return calls;
}

unsigned long argument(const std::string& arguments, unsigned number, int base) {
    std::size_t at = 0;
    for (unsigned skipped = 0; skipped < number; ++skipped) {
        at = arguments.find(", ", at) + 2;
    }
    return std::stoul(arguments.substr(at), nullptr, base);
}

/// Owner and mode of the line from one call to the next.
class LineHistory {
  public:
    void follow(const Call& call) {
        CAPTURE(call.name);
        CAPTURE(call.arguments);
        constexpr int decimal = 10;
        constexpr int octal = 8;
        if (call.name == "fchown") {
            owner_ = argument(call.arguments, 1, decimal);
            ++changes_;
        } else if (call.name == "fchmod") {
            mode_ = argument(call.arguments, 1, octal);
            ++changes_;
        } else if (call.name == "ioctl") {
            const bool is_hang_up = call.arguments.find("TIOCVHANGUP") != std::string::npos;
            hung_up_ = hung_up_ || is_hang_up;
            hang_ups_ += is_hang_up ? 1U : 0U;
        } else if (call.name == "write") {
            // Whoever had it before has nothing of it.
            CHECK(owner_ == 0);
            CHECK(mode_ == 0600);
            CHECK(hung_up_);
            hung_up_ = false;
            ++prompts_;
        } else {
            FAIL_CHECK("a name was used where there is a descriptor");
        }
        // Before getty has it the line is as it was made.
        if (changes_ > 1) {
            CHECK((mode_ & ~0620UL) == 0);
        }
    }

    [[nodiscard]] unsigned prompts() const { return prompts_; }
    [[nodiscard]] unsigned changes() const { return changes_; }
    [[nodiscard]] unsigned hang_ups() const { return hang_ups_; }

  private:
    unsigned long owner_ = 0;
    unsigned long mode_ = 0;
    bool hung_up_ = false;
    unsigned prompts_ = 0;
    unsigned changes_ = 0;
    unsigned hang_ups_ = 0;
};

unsigned login_cycles() {
    const char* const wanted = std::getenv("TTYGATE_LOGIN_CYCLES");
    constexpr unsigned usual = 3;
    return wanted == nullptr ? usual : static_cast<unsigned>(std::stoul(wanted));
}

}  // namespace

TEST_CASE("words after a name are no environment, at the prompt and in the arguments (T-03)") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        choose_gate(world, gate);
        world.append_file("/etc/ttygate/login.conf", "LOGIN_RETRIES 100\n");
        add_person(world, ann);
        std::string hundred = "bin";
        for (int number = 0; number < 100; ++number) {
            hundred += " A" + std::to_string(number) + "=1";
        }
        pty::Line line;
        const auto login = line.start_on(bare_login());
        for (const std::string& name : {hundred,
                                        std::string{"ann A=1"},
                                        std::string{"ann LD_PRELOAD=/evil"},
                                        std::string{"A=1 ann"},
                                        std::string(4096, 'a') + " " + std::string(4096, 'b'),
                                        std::string(64UL * 1024, 'n'),
                                        "ann " + std::string(64UL * 1024, 'x')}) {
            CAPTURE(name.substr(0, 40));
            line.expect("login: ");
            line.send(name + "\r");
            line.expect("Login incorrect");
        }
        type_right(line);
        const auto environment = environment_of(line.session());
        CHECK(environment.find("HOME=/home/ann") != std::string::npos);
        CHECK(environment.find("A=1") == std::string::npos);
        CHECK(environment.find("A0=1") == std::string::npos);
        CHECK(environment.find("LD_PRELOAD") == std::string::npos);
        pty::Line other;
        auto refused = other.start_on(bare_login({"ann", "A=1"}));
        other.expect("nothing may follow the name");
        CHECK(refused.wait_exit(longest_stay) == pty::Exit{.status = 1});
    }
}

TEST_CASE("whatever login is called, it asks, and the log knows it by one name (T-05)") {
    constexpr std::size_t longest_argument = 128UL * 1024 - 1;
    const std::string long_name(longest_argument, 'a');
    for (const bool has_arguments : {true, false}) {
        CAPTURE(has_arguments);
        pty::TestWorld world;
        choose_gate(world, pty::Gate::shadow);
        add_person(world, ann);
        auto command = bare_login();
        command.arguments = {long_name};
        command.program = pty::World::login();
        if (!has_arguments) {
            command.before_exec = [] {
                std::array<char*, 1> none{};
                ::execve(pty::World::login(), none.data(), none.data());
            };
        }
        pty::Line line;
        const auto login = line.start_on(command);
        line.expect("login: ");
        line.send("ann\r");
        line.expect("Password: ");
        line.send("wrong\r");
        line.expect("Login incorrect");
        type_right(line);
        const auto logged = log_lines_of(world, login.id());
        CHECK(logged.size() == 1);
        for (const std::string& text : logged) {
            CHECK(text.find(">login[" + std::to_string(login.id()) + "]: ") != std::string::npos);
            CHECK(text.size() < 1024);
        }
    }
}

TEST_CASE("closed standard descriptors: none of the three is ever anything else's (T-06)") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    struct Start {
        unsigned closed;
        pty::Line line;
        std::optional<pty::Process> login;
    };
    std::list<Start> starts;
    for (unsigned closed = 0; closed < 8; ++closed) {
        Start& start = starts.emplace_back();
        start.closed = closed;
        auto command = bare_login();
        command.before_exec = [closed] {
            for (int number = 0; number < 3; ++number) {
                if ((closed & (1U << static_cast<unsigned>(number))) != 0) {
                    ::close(number);
                }
            }
        };
        start.login.emplace(start.line.start_on(command));
    }
    const auto check_descriptors = [](const Start& start) {
        for (int number = 0; number < 3; ++number) {
            const auto what = descriptor_of(start.login->id(), number);
            CAPTURE(what);
            const bool is_fitting = what == start.line.path() || what == "/dev/null";
            CHECK(is_fitting);
        }
    };
    for (Start& start : starts) {
        CAPTURE(start.closed);
        if ((start.closed & 1U) != 0) {
            // It has no line, and says so in the log. Where nobody reads it on
            // descriptor 2 it stays a while.
            CHECK(pty::wait_until(
                [&] { return log_lines_of(world, start.login->id()).size() == 1; }));
            if ((start.closed & 4U) != 0) {
                check_descriptors(start);
            }
            continue;
        }
        start.line.expect("login: ");
        start.line.send("ann\r");
        start.line.expect("Password: ");
        check_descriptors(start);
        start.line.send("wrong\r");
        // By now it has logged and looked into the shadow file.
        type_right(start.line);
        check_descriptors(start);
        CHECK(descriptor_of(start.line.session(), 0) == start.line.path());
        CHECK(descriptor_of(start.line.session(), 2) == start.line.path());
        start.line.send("exit\r");
    }
    for (Start& start : starts) {
        CAPTURE(start.closed);
        CHECK(start.login->wait_exit(longest_stay) ==
              pty::Exit{.status = (start.closed & 1U) != 0 ? 1 : 0});
    }
}

TEST_CASE("a record that names another file than the line changes nothing of it (T-07)") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        pty::TestWorld world;
        choose_gate(world, gate);
        add_person(world, ann);
        world.write_file("/tmp/target", "text", 0640);
        std::filesystem::create_symlink("target", "/tmp/evil");
        const Node target = node_at("/tmp/target");
        const Node shadow = node_at("/etc/shadow");
        for (const std::string named :
             {"../tmp/evil", "../tmp/target", "../etc/shadow", "/tmp/evil"}) {
            CAPTURE(named);
            pty::Line line;
            auto command = bare_login();
            command.before_exec = [named] {
                utmpx record{};
                record.ut_type = LOGIN_PROCESS;
                record.ut_pid = ::getpid();
                named.copy(record.ut_line, sizeof record.ut_line);
                std::string{"evil"}.copy(record.ut_id, sizeof record.ut_id);
                ::setutxent();
                ::pututxline(&record);
                ::endutxent();
            };
            auto login = line.start_on(command);
            type_right(line);
            CHECK(line.owner() == pty::Line::Owner{.user = 1001, .group = 5, .mode = 0620});
            CHECK(record_of(world, line).user == "ann");
            CHECK(node_at("/tmp/target") == target);
            CHECK(node_at("/etc/shadow") == shadow);
            line.send("exit\r");
            CHECK(login.wait_exit() == pty::Exit{.status = 0});
            CHECK(node_at("/tmp/target") == target);
            CHECK(node_at("/etc/shadow") == shadow);
        }
    }
}

TEST_CASE("a line is never anybody's but its owner's, and nobody's old one's at a prompt (T-09)") {
    if (::access("/usr/bin/strace", X_OK) != 0) {
        tests::skip("needs strace");
    }
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("a leak checker cannot be traced");
    }
    const pty::TestWorld world;
    choose_gate(world, pty::gates().back());
    add_person(world, ann);
    add_person(world, bob);
    pty::Line line;
    LineHistory history;
    const unsigned cycles = login_cycles();
    for (unsigned cycle = 0; cycle < cycles; ++cycle) {
        CAPTURE(cycle);
        const auto& person = cycle % 2 == 0 ? ann : bob;
        Words words{"/usr/bin/strace",
                    "-D",
                    "-f",
                    "-y",
                    "-s64",
                    "-esignal=none",
                    "-etrace=fchown,fchmod,fchownat,fchmodat,chown,chmod,lchown,ioctl,write",
                    "-o/tmp/trace"};
        const auto getty = pty::getty_command();
        words.insert(words.end(), getty.begin(), getty.end());
        auto traced = line.start_for({.arguments = words});
        pty::log_in(line, person.name, person.password);
        CHECK(line.owner() == pty::Line::Owner{.user = person.user, .group = 5, .mode = 0620});
        line.send("exit\r");
        CHECK(traced.wait_exit() == pty::Exit{.status = 0});
        // The tracer is nobody's child.
        CHECK(pty::wait_until(
            [&] { return pty::has_exited(world.read_file("/tmp/trace"), traced.id()); }));
        for (const Call& call : calls_on(line.path(), world.read_file("/tmp/trace"))) {
            history.follow(call);
        }
        CHECK(line.owner() == pty::nobodys_line);
        world.remove_file("/tmp/trace");
    }
    CHECK(history.prompts() >= cycles);
    CHECK(history.hang_ups() >= cycles);
    CHECK(history.changes() >= 6 * cycles);
}

TEST_CASE("a standard input that is no line is refused, and nothing is done to it (T-49)") {
    pty::TestWorld world;
    add_person(world, ann);
    world.write_file("/tmp/file", "text", 0644);
    common::check(::mknod("/tmp/disk", S_IFBLK | 0600, makedev(7, 0)), "mknod");
    std::array<int, 2> sockets{};
    common::check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()),
                  "socketpair");
    const common::UniqueFd socket{sockets[0]};
    const common::UniqueFd far{sockets[1]};
    struct Input {
        std::string what;
        common::UniqueFd opened;
    };
    std::vector<Input> inputs;
    for (const char* path :
         {"/tmp/file", "/dev/null", "/dev/zero", "/tmp/disk", "/dev/ptmx", "/tmp"}) {
        common::UniqueFd opened{::open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)};
        if (opened.is_open()) {  // There need not be such a disk.
            inputs.push_back({path, std::move(opened)});
        }
    }
    inputs.push_back({"a socket", common::UniqueFd{::dup(socket.get())}});
    const Node file = node_at("/tmp/file");
    struct Start {
        std::string what;
        pty::Process process;
    };
    std::list<Start> starts;
    for (const Input& input : inputs) {
        for (const Words& words : {Words{pty::World::login(), "ann"},
                                   Words{pty::World::login(), "-f", "ann"},
                                   Words{pty::World::getty(), "-", "dumb"}}) {
            pty::Command command{.arguments = words, .standard = pty::Standard::captured};
            command.before_exec = [fd = input.opened.get()] { ::dup2(fd, STDIN_FILENO); };
            starts.push_back({input.what + " for " + words.front(), pty::Process{command}});
            // A few at a time fit into the log.
            const pid_t id = starts.back().process.id();
            CHECK(pty::wait_until([&] { return !log_lines_of(world, id).empty(); }));
        }
    }
    for (Start& start : starts) {
        CAPTURE(start.what);
        const auto exit = start.process.wait_exit(longest_stay);
        const bool is_refused = exit.signal == 0 && exit.status != 0;
        CHECK(is_refused);
        CHECK_FALSE(start.process.output().empty());
    }
    for (const Start& start : starts) {
        CAPTURE(start.what);
        CHECK(log_lines_of(world, start.process.id()).size() == 1);
    }
    CHECK(world.utmp().empty());
    CHECK(node_at("/tmp/file") == file);
    CHECK(world.read_file("/tmp/file") == "text");
    char byte = 0;
    CHECK(::recv(far.get(), &byte, 1, MSG_DONTWAIT) < 0);
}
