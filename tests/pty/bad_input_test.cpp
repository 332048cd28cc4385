#include "common/syscall.hpp"
#include "common/unique_fd.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/escaped.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

using Words = std::vector<std::string>;

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};

/// Programs may wait this long before they leave after a failure, so that no
/// init spins.
constexpr auto longest_stay = 60'000ms;

void make_socket(const std::string& path) {
    const common::UniqueFd socket{
        common::check(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    const void* untyped = &address;
    common::check(
        ::bind(socket.get(), static_cast<const sockaddr*>(untyped), sizeof address), "bind", path);
}

/// The one line a process has logged.
std::string only_log_line_of(pty::World& world, const pty::Process& process) {
    const auto lines = log_lines_of(world, process.id());
    CHECK(lines.size() == 1);
    return lines.empty() ? std::string{} : lines.front();
}

bool says_nothing(std::string_view text) {
    return text.find_first_not_of(" \r\n\t") == std::string_view::npos;
}

bool is_control(char byte) {
    return static_cast<unsigned char>(byte) < ' ' && byte != '\r' && byte != '\n';
}

/// Nobody has been let in on any line, and whoever was tried has said so once.
void check_nobody_in(const pty::World& world) {
    for (const auto& record : world.utmp()) {
        CHECK(record.type != USER_PROCESS);
    }
    for (const auto& record : world.wtmp()) {
        CHECK(record.type != USER_PROCESS);
    }
}

/// What was shown since the first prompt, with the same name for everybody.
std::string dialogue_without_name(const pty::Visit& visit) {
    std::string dialogue = visit.line.transcript();
    dialogue.erase(0, dialogue.find("box login: "));
    for (auto at = dialogue.find(visit.what); at != std::string::npos;
         at = dialogue.find(visit.what)) {
        dialogue.replace(at, visit.what.size(), "NAME");
    }
    return pty::escaped(dialogue);
}

/// From the name's prompt to after the password.
void type_name_and_password(pty::Line& line, const std::string& name, const std::string& password) {
    line.expect("login: ");
    line.send(name + "\r");
    line.expect("Password: ");
    line.send(password + "\r");
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return text;
}

/// A name no account has, and what is the matter with it.
struct StrangeName {
    std::string what;
    std::string typed;
};

const std::vector<StrangeName> strange_names{
    {"64 KiB", std::string(64UL * 1024, 'n')},
    {"257 bytes", std::string(257, 'n')},
    {"control bytes", "a\x01\x02\x07\x0e\x1f"},
    {"an escape sequence", "a\x1b[31mb\x1b]0;title\x07"},
    {"C1 in UTF-8", "a\xc2\x9b[31mb"},
    {"C1 as bytes", "a\x9b[31mb"},
    {"bad UTF-8", "a\xff\xfe\xc3"},
    {"an option that says yes", "-f root"},
    {"the same in one word", "-froot"},
    {"the end of options", "--"},
    {"a dash", "-"},
    {"another option", "-h host"},
    {"-p", "-p"},
    {"an option after the name", "root -f"},
    {"a tabulator", "\t-f root"},
    {"a path", "../etc/shadow"},
    {"a field of passwd", "root:x"},
    {"an assignment", "HOME=/"},
    {"quotes", "'root'"},
};

}  // namespace

// --- lines that are none ---

TEST_CASE("what is no terminal is refused with a word, one log line and a status of its own") {
    pty::TestWorld world;
    world.write_file("/dev/file", "text");
    std::filesystem::create_directory("/dev/directory");
    common::check(::mkfifo("/dev/fifo", 0600), "mkfifo");
    make_socket("/dev/socket");
    struct Getty {
        std::string line;
        pty::Process process;
    };
    std::list<Getty> gettys;
    for (const char* name : {"file", "directory", "fifo", "socket", "null", "full"}) {
        gettys.push_back({name,
                          pty::Process{{.arguments = {pty::World::getty(), name, "dumb"},
                                        .standard = pty::Standard::captured}}});
    }
    for (const Getty& getty : gettys) {
        CAPTURE(getty.line);
        const std::string& output = getty.process.output();
        const auto has_said = [&] {
            return output.find("/dev/" + getty.line) != std::string::npos &&
                   output.find("terminal") != std::string::npos;
        };
        CHECK(pty::wait_until(has_said));
    }
    const auto start = pty::Clock::now();
    for (Getty& getty : gettys) {
        CAPTURE(getty.line);
        constexpr int no_terminal = 3;
        CHECK(getty.process.wait_exit(longest_stay) == pty::Exit{.status = no_terminal});
        only_log_line_of(world, getty.process);
    }
    // Not at once: an init would start it again and again.
    CHECK(pty::Clock::now() - start > 5s);
    CHECK(world.utmp().empty());
}

TEST_CASE("a line that is not there is waited for, with one log line, and served when it comes") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    pty::Process getty{
        {.arguments = {pty::World::getty(), "-l", pty::World::login(), "ttyLATE", "dumb"}}};
    CHECK(pty::wait_until([&] { return !log_lines_of(world, getty.id()).empty(); }));
    CHECK(only_log_line_of(world, getty).find("ttyLATE") != std::string::npos);
    pty::let_pass(1500ms);
    CHECK(getty.is_running());
    only_log_line_of(world, getty);

    world.write_file("/dev/ttyLATE", "");
    common::check(::mount(line.path().c_str(), "/dev/ttyLATE", nullptr, MS_BIND, nullptr), "mount");
    line.expect("login: ", 60'000ms);
    line.send("ann\r");
    line.expect("Password: ");
    line.send("secret\r");
    line.expect(pty::shell_prompt);
    const auto record = pty::last_for_line(world.utmp(), "ttyLATE");
    CHECK(record.value_or(pty::Record{}).user == "ann");
}

TEST_CASE("login without a terminal refuses with a word") {
    pty::TestWorld world;
    add_person(world, ann);
    std::list<pty::Process> logins;
    for (const Words& arguments :
         {Words{pty::World::login()}, Words{pty::World::login(), "-f", "ann"}}) {
        logins.emplace_back(
            pty::Command{.arguments = arguments, .standard = pty::Standard::captured});
    }
    for (auto& login : logins) {
        CHECK(login.wait_exit(longest_stay) == pty::Exit{.status = 1});
        CHECK_FALSE(says_nothing(login.output()));
        only_log_line_of(world, login);
    }
    check_nobody_in(world);
}

// --- gates that cannot work ---

TEST_CASE("a gate that cannot work lets nobody in, says so, and no other is tried in its place") {
    struct Case {
        std::string what;
        pty::Gate gate;
        std::string in_log;
        std::function<void()> make;
    };
    std::vector<Case> cases{
        {"no shadow file", pty::Gate::shadow, "/etc/shadow", [] {}},
        {"a directory",
         pty::Gate::shadow,
         "/etc/shadow",
         [] { std::filesystem::create_directory("/etc/shadow"); }},
        {"a FIFO",
         pty::Gate::shadow,
         "/etc/shadow",
         [] { common::check(::mkfifo("/etc/shadow", 0600), "mkfifo"); }},
        {"a link to itself",
         pty::Gate::shadow,
         "/etc/shadow",
         [] { std::filesystem::create_symlink("/etc/shadow", "/etc/shadow"); }},
        {"a socket", pty::Gate::shadow, "/etc/shadow", [] { make_socket("/etc/shadow"); }},
    };
    if (pty::gates().size() > 1) {
        cases.push_back({"no PAM service", pty::Gate::pam, "no PAM service login", [] {
                             std::filesystem::remove("/etc/pam.d/login");
                         }});
    }
    pty::TestWorld world;
    add_person(world, ann);
    // If one of these were asked, it would say yes to everybody.
    for (const char* service : {"/etc/pam.d/login", "/etc/pam.d/other"}) {
        world.write_file(service,
                         "auth required pam_permit.so\naccount required pam_permit.so\n"
                         "session required pam_permit.so\n");
    }
    std::list<pty::Visit> visits;
    for (const Case& broken : cases) {
        CAPTURE(broken.what);
        choose_gate(world, broken.gate);
        std::filesystem::remove_all("/etc/shadow");
        broken.make();
        pty::Visit& visit = visits.emplace_back(broken.what);
        visit.line.expect("login: ");
        visit.line.send("ann\r");
        visit.line.expect("ann\r");
        const auto logged = [&] { return !log_lines_of(world, visit.login.id()).empty(); };
        const auto asked = [&] {
            return visit.line.unmatched().find("Password: ") != std::string_view::npos;
        };
        // Whether it asks first or not.
        CHECK(pty::wait_until([&] { return logged() || asked(); }));
        if (asked()) {
            visit.line.send("secret\r");
        }
        CHECK(pty::wait_until(logged));
    }
    auto visit = visits.begin();
    for (const Case& broken : cases) {
        CAPTURE(broken.what);
        CHECK(visit->login.wait_exit(longest_stay) == pty::Exit{.status = 1});
        const auto log = only_log_line_of(world, visit->login);
        CHECK(log.find(broken.in_log) != std::string::npos);
        CHECK_FALSE(says_nothing(visit->line.unmatched()));
        CHECK(visit->line.transcript().find(pty::shell_prompt) == std::string::npos);
        CHECK(visit->line.owner() == pty::nobodys_line);
        ++visit;
    }
    check_nobody_in(world);
}

TEST_CASE("a PAM service that names a module which is not there lets nobody in") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, ann);
    world.write_file("/etc/pam.d/login",
                     "auth required pam_no_such_module.so\naccount required pam_permit.so\n"
                     "session required pam_permit.so\n");
    pty::Visit visit{"no module"};
    visit.line.expect("login: ");
    visit.line.send("ann\r");
    visit.line.expect("ann\r");
    CHECK(visit.login.wait_exit(longest_stay).signal == 0);
    CHECK_FALSE(says_nothing(visit.line.unmatched()));
    check_nobody_in(world);
}

// --- accounts that lead nowhere ---

TEST_CASE("a shell that is none never yields another: a word why, after the password (T-30)") {
    const std::vector<std::string> shells{"/usr/sbin/no-such-shell",
                                          "bin/sh",
                                          "/home",
                                          "/run/not-executable",
                                          "/bin/sh -c /bin/sh",
                                          "/run/no-interpreter",
                                          "/dev/null"};
    pty::TestWorld world;
    world.write_file("/run/not-executable", "#!/bin/sh\n", 0644);
    world.write_file("/run/no-interpreter", "echo ready\n", 0755);
    for (std::size_t i = 0; i < shells.size(); ++i) {
        add_person(world,
                   {.name = "user" + std::to_string(i),
                    .user = static_cast<uid_t>(2000 + i),
                    .password = "secret",
                    .shell = shells[i]});
    }
    std::list<pty::Visit> visits;
    for (const auto gate : pty::gates()) {
        choose_gate(world, gate);
        for (std::size_t i = 0; i < shells.size(); ++i) {
            pty::Visit& visit = visits.emplace_back(shells[i]);
            CAPTURE(visit.what);
            visit.line.expect("login: ");
            visit.line.send("user" + std::to_string(i) + "\r");
            CHECK(visit.line.expect("Password: ").find(shells[i]) == std::string::npos);
            visit.line.send("secret\r");
            visit.line.expect(shells[i]);
        }
    }
    for (pty::Visit& visit : visits) {
        CAPTURE(visit.what);
        CHECK(visit.login.wait_exit(longest_stay) == pty::Exit{.status = 1});
        const auto log = only_log_line_of(world, visit.login);
        // Up to a blank, which the log may show in its own way.
        const std::string first_word = visit.what.substr(0, visit.what.find(' '));
        CHECK(log.find(first_word) != std::string::npos);
        CHECK(visit.line.transcript().find(pty::shell_prompt) == std::string::npos);
        CHECK(visit.line.owner() == pty::nobodys_line);
    }
    check_nobody_in(world);
}

TEST_CASE("an empty shell field is /bin/sh (T-30)") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        choose_gate(world, gate);
        add_person(world, {.name = "ann", .user = 1001, .password = "secret", .shell = ""});
        pty::Visit visit{"empty"};
        log_in(visit.line, "ann", "secret");
        CHECK(ask_shell(visit.line, "echo $0 $SHELL") == "-sh /bin/sh\r\n");
    }
}

TEST_CASE("a home that cannot be entered: the root directory and a word, or refused and a word") {
    struct Case {
        std::string home;
        std::function<void()> make;
    };
    const std::vector<Case> homes{
        {"/nonexistent", [] {}},
        {"/run/a-file", [] { common::check(::mknod("/run/a-file", S_IFREG | 0644, 0), "mknod"); }},
        {"/run/closed", [] { common::check(::mkdir("/run/closed", 0700), "mkdir"); }},
    };
    for (const auto gate : pty::gates()) {
        for (const bool default_home : {true, false}) {
            CAPTURE(name_of(gate));
            CAPTURE(default_home);
            pty::TestWorld world;
            choose_gate(world, gate);
            world.append_file("/etc/login.defs",
                              default_home ? "DEFAULT_HOME yes\n" : "DEFAULT_HOME no\n");
            std::list<pty::Visit> visits;
            for (const Case& missing : homes) {
                CAPTURE(missing.home);
                missing.make();
                const std::string name = "user" + std::to_string(visits.size());
                world.add_user({.name = name,
                                .user = static_cast<uid_t>(2000 + visits.size()),
                                .password = "secret",
                                .home = missing.home});
                pty::Visit& visit = visits.emplace_back(missing.home);
                visit.line.expect("login: ");
                visit.line.send(name + "\r");
                CHECK(visit.line.expect("Password: ").find(missing.home) == std::string::npos);
                visit.line.send("secret\r");
                visit.line.expect(missing.home);
                if (default_home) {
                    visit.line.expect("$ ");
                    visit.line.send("pwd; echo \"home $HOME\"\r");
                    visit.line.expect("\r\n/\r\nhome /\r\n");
                }
            }
            for (pty::Visit& visit : visits) {
                if (!default_home) {
                    CAPTURE(visit.what);
                    CHECK(visit.login.wait_exit(longest_stay) == pty::Exit{.status = 1});
                    only_log_line_of(world, visit.login);
                    CHECK(visit.line.transcript().find("$ ") == std::string::npos);
                    CHECK(record_of(world, visit.line).type != USER_PROCESS);
                    CHECK(visit.line.owner() == pty::nobodys_line);
                }
            }
        }
    }
}

// --- what is typed ---

TEST_CASE("getty refuses names that are none with a word and asks again, in one log line (T-01)") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    for (const StrangeName& name : strange_names) {
        CAPTURE(name.what);
        pty::Visit visit{name.what};
        pty::Line& line = visit.line;
        line.expect("login: ");
        line.send(name.typed + "\r");
        // Nothing of the name is sent back that is more than text.
        const std::string answer = line.expect("login: ");
        CHECK_MESSAGE(std::none_of(answer.begin(), answer.end(), is_control), pty::escaped(answer));
        CHECK(answer.find("\xc2\x9b") == std::string::npos);
        CHECK(answer.find('\x9b') == std::string::npos);
        const auto end_of_echo = answer.find("\r\n");
        CHECK_FALSE(
            says_nothing(std::string_view{answer}.substr(std::min(end_of_echo, answer.size()))));
        CHECK(only_log_line_of(world, visit.login).find("getty[") != std::string::npos);
        // And whoever has mistyped can go on.
        line.send("ann\r");
        line.expect("Password: ");
        line.send("secret\r");
        line.expect(pty::shell_prompt);
    }
}

TEST_CASE("an empty name is asked for again, by getty and by login") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Visit visit{"getty"};
    pty::Line line;
    const auto login = line.start_on(
        {.arguments = {pty::World::login()}, .session = pty::Session::leader_with_terminal});
    for (pty::Line* asked : {&visit.line, &line}) {
        for (int round = 0; round < 5; ++round) {
            asked->expect("login: ");
            asked->send("\r");
        }
        log_in(*asked, "ann", "secret");
        CHECK(asked->transcript().find("incorrect") == std::string::npos);
    }
    CHECK(world.btmp().empty());
}

TEST_CASE("login asked for a name takes none that is none: no shell, no crash, a log line (T-01)") {
    for (const auto gate : pty::gates()) {
        pty::TestWorld world;
        choose_gate(world, gate);
        world.append_file("/etc/ttygate/login.conf", "LOGIN_RETRIES 1\n");
        add_person(world, ann);
        // If -f were believed, this would be a way in.
        world.set_password("root", "toor");
        // All at once: each failure takes its time.
        std::list<pty::Line> lines;
        std::list<pty::Process> logins;
        for (const StrangeName& name : strange_names) {
            pty::Line& line = lines.emplace_back();
            logins.push_back(line.start_on({.arguments = {pty::World::login()},
                                            .session = pty::Session::leader_with_terminal}));
            line.expect("login: ");
            line.send(name.typed + "\r");
        }
        auto line = lines.begin();
        auto login = logins.begin();
        for (const StrangeName& name : strange_names) {
            CAPTURE(name_of(gate));
            CAPTURE(name.what);
            const auto asked = [&line = *line] {
                return line.unmatched().find("Password: ") != std::string_view::npos;
            };
            pty::wait_until([&] { return asked() || !login->is_running(); });
            if (asked()) {
                line->send("toor\r");
            }
            CHECK(login->wait_exit() == pty::Exit{.status = 1});
            const auto answer = line->unmatched();
            CHECK_MESSAGE(std::none_of(answer.begin(), answer.end(), is_control),
                          pty::escaped(answer));
            CHECK(answer.find('\x9b') == std::string_view::npos);
            CHECK(answer.find("incorrect") != std::string_view::npos);
            only_log_line_of(world, *login);
            ++line;
            ++login;
        }
        check_nobody_in(world);
        // Who types a name that is none may have typed a password.
        for (const auto& record : world.btmp()) {
            CHECK(record.user == "(unknown)");
        }
        CHECK(world.btmp().size() == strange_names.size());
    }
}

TEST_CASE("an argument that looks like an option is no name for login (T-01)") {
    const std::vector<Words> command_lines{{"-froot"},
                                           {"-fp", "root"},
                                           {"-f"},
                                           {"-f", "root", "x"},
                                           {"--", "-froot"},
                                           {"--", "-f"},
                                           {"root", "-f"},
                                           {"-x"},
                                           {"--force"},
                                           {"", ""},
                                           {"ann", "EVIL=1"}};
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    std::list<pty::Line> lines;
    std::list<pty::Process> logins;
    for (const Words& words : command_lines) {
        pty::Command command{.arguments = {pty::World::login()},
                             .session = pty::Session::leader_with_terminal};
        command.arguments.insert(command.arguments.end(), words.begin(), words.end());
        const pty::Line& line = lines.emplace_back();
        logins.push_back(line.start_on(command));
    }
    for (pty::Process& login : logins) {
        CHECK(login.wait_exit(longest_stay) == pty::Exit{.status = 1});
    }
    for (const pty::Line& line : lines) {
        CHECK_FALSE(says_nothing(line.transcript()));
        CHECK(line.transcript().find("# ") == std::string::npos);
    }
    check_nobody_in(world);
}

TEST_CASE("passwords of any length are one try each, and the whole line is taken (T-14)") {
    for (const auto gate : pty::gates()) {
        pty::TestWorld world;
        choose_gate(world, gate);
        world.append_file("/etc/ttygate/login.conf", "LOGIN_TIMEOUT 600\n");
        const std::string longest(511, 'q');
        add_person(world, {.name = "ann", .user = 1001, .password = longest});
        std::list<pty::Visit> visits;
        for (const std::size_t size :
             {0UL, 1UL, 510UL, 512UL, 513UL, 4095UL, 4096UL, 65'536UL, 1'048'576UL}) {
            pty::Line& line = visits.emplace_back(std::to_string(size)).line;
            line.expect("login: ");
            line.send("ann\r");
            line.expect("Password: ");
            for (std::size_t sent = 0; sent < size;) {
                const std::size_t length = std::min<std::size_t>(size - sent, 16'384);
                line.send(std::string(length, 'q'));
                sent += length;
            }
            line.send("\r");
        }
        for (pty::Visit& visit : visits) {
            CAPTURE(name_of(gate));
            CAPTURE(visit.what);
            visit.line.expect("incorrect");
            only_log_line_of(world, visit.login);
            // The next answer is the next line, and nothing of this one.
            log_in(visit.line, "ann", longest);
            CHECK(visit.line.transcript().find('q') == std::string::npos);
        }
        CHECK(world.btmp().size() == visits.size());
    }
}

TEST_CASE("a NUL in a password ends nothing: the try fails, and the next one counts (T-14)") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        pty::TestWorld world;
        choose_gate(world, gate);
        add_person(world, ann);
        pty::Visit visit{"NUL"};
        for (const std::string_view password :
             {std::string_view{"secret\0", 7}, std::string_view{"secret\0more", 11}}) {
            type_name_and_password(visit.line, "ann", std::string{password});
            visit.line.expect("incorrect");
        }
        CHECK(world.btmp().size() == 2);
        CHECK(log_lines_of(world, visit.login.id()).size() == 2);
        log_in(visit.line, "ann", "secret");
    }
}

// --- accounts that tell nothing ---

TEST_CASE("unknown, locked, wrong and expired accounts look the same before the password (T-22)") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        pty::TestWorld world;
        choose_gate(world, gate);
        const std::string hash = pty::hashed("secret");
        world.add_user({.name = "wrong", .user = 2001, .password = "another"});
        world.add_user({.name = "lockd", .user = 2002, .password_field = "!" + hash});
        world.add_user({.name = "stars", .user = 2003, .password_field = "*"});
        world.add_user({.name = "brokn", .user = 2004, .password_field = "$y$what"});
        world.add_user({.name = "noent", .user = 2005, .password = "another", .shell = "/none"});
        world.add_user({.name = "expir", .user = 2006, .password = "another", .expiry = 1});
        world.add_user({.name = "older",
                        .user = 2007,
                        .password = "another",
                        .last_change = 1,
                        .maximum_age = 1,
                        .grace_period = 1});
        std::list<pty::Visit> visits;
        for (const char* name :
             {"wrong", "unkno", "lockd", "stars", "brokn", "noent", "expir", "older"}) {
            visits.emplace_back(name);
        }
        for (int attempt = 0; attempt < 3; ++attempt) {
            for (pty::Visit& visit : visits) {
                type_name_and_password(visit.line, visit.what, "secret");
            }
            for (pty::Visit& visit : visits) {
                visit.line.expect("incorrect");
            }
        }
        for (pty::Visit& visit : visits) {
            CAPTURE(visit.what);
            CHECK(visit.login.wait_exit(longest_stay) == pty::Exit{.status = 1});
            visit.line.expect_hang_up();
            CHECK(dialogue_without_name(visit) == dialogue_without_name(visits.front()));
            // One line for each of the three, and none for the end of it.
            CHECK(log_lines_of(world, visit.login.id()).size() == 3);
        }
        check_nobody_in(world);
    }
}

TEST_CASE("who has the right password is told why the account is of no use") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        pty::TestWorld world;
        choose_gate(world, gate);
        world.add_user({.name = "ann", .user = 1001, .password = "secret", .expiry = 1});
        pty::Visit visit{"expired"};
        type_name_and_password(visit.line, "ann", "secret");
        CHECK(visit.login.wait_exit(longest_stay) == pty::Exit{.status = 1});
        visit.line.expect_hang_up();
        CHECK(lower(std::string{visit.line.unmatched()}).find("expired") != std::string::npos);
        only_log_line_of(world, visit.login);
        CHECK(visit.line.owner() == pty::nobodys_line);
        check_nobody_in(world);
    }
}
