// Logins from other hosts, by the servers there are for them, on a network of the
// test's own.
#include "common/syscall.hpp"
#include "common/unique_fd.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/network.hpp"
#include "tests/pty/package.hpp"
#include "tests/pty/pam_journal.hpp"
#include "tests/pty/process_table.hpp"
#include "tests/pty/telnet_client.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <list>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

using Words = std::vector<std::string>;

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};
const std::string whole_journal = "authenticate account establish open reinitialize close delete";

/// A telnet server, and what starts it for each caller.
struct Server {
    std::string name;
    Words packages;
    /// What is executed for a caller, with the connection on its descriptors.
    std::string (*telnetd)(const std::string& login);
    /// Writes the configuration of what listens, and tells its command line.
    Words (*listen)(const pty::World& world);
    /// TERM as the server hands it on.
    const char* terminal_type;
};

std::string in(const std::string& package, const std::string& file) {
    return "/run/package/" + package + file;
}

/// CVE-2026-24061 was this server's own template: %U is what the client says.
std::string inetutils_telnetd(const std::string& login) {
    return in("inetutils-telnetd", "/usr/sbin/telnetd") + " -E '" + login +
           " -p -h %h %?u{-f %u}{%U}'";
}

std::string netkit_telnetd(const std::string& login) {
    return in("telnetd-ssl", "/usr/sbin/in.telnetd") + " -L " + login + " -z nossl";
}

std::string busybox_telnetd(const std::string& login) {
    return in("busybox-static", "/bin/busybox") + " telnetd -i -l " + login;
}

Words inetd(const pty::World& world) {
    world.write_file("/etc/inetd.conf", "telnet stream tcp nowait root /run/telnetd telnetd\n");
    return {in("inetutils-inetd", "/usr/sbin/inetutils-inetd"), "-d", "/etc/inetd.conf"};
}

Words xinetd(const pty::World& world) {
    world.write_file("/etc/xinetd.conf",
                     "service telnet\n{\n  socket_type = stream\n  wait = no\n  user = root\n"
                     "  server = /run/telnetd\n  disable = no\n}\n");
    return {in("xinetd", "/usr/sbin/xinetd"), "-dontfork", "-f", "/etc/xinetd.conf"};
}

Words socat(const pty::World& /*world*/) {
    return {
        in("socat", "/usr/bin/socat"), "TCP-LISTEN:23,reuseaddr,fork", "EXEC:/run/telnetd,nofork"};
}

const std::vector<Server> servers{
    {"inetutils telnetd under inetutils inetd",
     {"inetutils-telnetd", "inetutils-inetd"},
     inetutils_telnetd,
     inetd,
     "vt100"},
    {"netkit telnetd under xinetd",
     {"telnetd-ssl", "xinetd", "libwrap0"},
     netkit_telnetd,
     xinetd,
     "vt100"},
    {"BusyBox telnetd under socat",
     {"busybox-static", "socat", "libwrap0"},
     busybox_telnetd,
     socat,
     "dumb"},
};

/// A machine with a telnet server, whose PAM writes a journal.
class TelnetMachine {
  public:
    explicit TelnetMachine(const Server& server) : packages_(packages_of(server)) {
        world_.emplace();
        for (auto& package : packages_) {
            package.mount_in(*world_);
        }
        world_->write_file("/etc/services", "telnet 23/tcp\n");
        world_->write_file("/etc/protocols", "tcp 6 TCP\n");
        if (server.telnetd == netkit_telnetd) {
            make_certificate(*world_);
        }
        world_->write_file(
            "/run/telnetd", "#!/bin/sh\nexec " + server.telnetd(pty::World::login()) + "\n", 0755);
        pty::add_person(*world_, ann);
        world_->set_password("root", "toor");
        const Words command = server.listen(*world_);
        listener_.emplace(pty::Command{
            .arguments = command,
            .environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                            "LD_LIBRARY_PATH=" + in("libwrap0", "/usr/lib/x86_64-linux-gnu")}});
    }

    [[nodiscard]] pty::TestWorld& world() { return *world_; }

    void keep_journal(const pty::PamJournal& journal) {
        pty::choose_gate(*world_, pty::Gate::pam);
        journal.join_stack(*world_, {}, "remote");
        journal.join_stack(*world_, {}, "login");
    }

  private:
    /// The server does not start without one, also where it is told to use none.
    static void make_certificate(const pty::World& world) {
        const std::string pem = "/etc/telnetd-ssl/telnetd.pem";
        const std::string settings = "/etc/telnetd-ssl/request.cnf";
        world.write_file(settings, "[req]\ndistinguished_name = name\n[name]\n");
        const auto made = pty::run({.arguments = {"/usr/bin/openssl",
                                                  "req",
                                                  "-x509",
                                                  "-newkey",
                                                  "rsa:2048",
                                                  "-nodes",
                                                  "-subj",
                                                  "/CN=box",
                                                  "-config",
                                                  settings,
                                                  "-keyout",
                                                  pem,
                                                  "-out",
                                                  pem + ".certificate"}});
        INFO(made.output);
        REQUIRE(made.exit == pty::Exit{.status = 0});
        std::ofstream{pem, std::ios::app} << std::ifstream{pem + ".certificate"}.rdbuf();
    }

    static std::vector<pty::Package> packages_of(const Server& server) {
        pty::leave_network();
        pty::raise_loopback();
        std::vector<pty::Package> packages;
        for (const std::string& name : server.packages) {
            packages.emplace_back(name);
        }
        if (server.telnetd == netkit_telnetd && ::access("/usr/bin/openssl", X_OK) != 0) {
            tests::skip("needs openssl");
        }
        return packages;
    }

    std::vector<pty::Package> packages_;
    std::optional<pty::TestWorld> world_;
    std::optional<pty::Process> listener_;
};

/// Our login, where one runs.
std::optional<pid_t> running_login() {
    for (const auto& process : pty::running_processes()) {
        if (process.name == "login" && process.state != 'Z') {
            return process.id;
        }
    }
    return std::nullopt;
}

pid_t wait_for_login() {
    REQUIRE(pty::wait_until([] { return running_login().has_value(); }));
    return *running_login();
}

bool waits_for_no_login() {
    return pty::wait_until([] { return !running_login(); });
}

/// NUL-terminated strings of a file of /proc.
Words words_in(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    Words words;
    for (std::string word; std::getline(file, word, '\0');) {
        words.push_back(word);
    }
    return words;
}

pty::Record live_record(const pty::World& world) {
    for (const auto& record : world.utmp()) {
        if (record.type == USER_PROCESS) {
            return record;
        }
    }
    return {};
}

void log_in(pty::TelnetClient& client) {
    client.expect("login: ");
    client.send("ann\r");
    client.expect("Password: ");
    client.send("secret\r");
    client.expect(pty::shell_prompt);
}

std::string ask_shell(pty::TelnetClient& client, const std::string& command) {
    client.send(command + "\r");
    client.expect(command + "\r\n");
    return client.expect(pty::shell_prompt);
}

/// What a caller meets who has no password.
bool is_refused_or_asked(pty::TelnetClient& client) {
    const auto asks_for = [&](const char* what) { return client.transcript().ends_with(what); };
    const bool has_answered = pty::wait_until(
        [&] { return client.has_ended() || asks_for("login: ") || asks_for("Password: "); });
    if (has_answered && asks_for("login: ")) {
        client.send("root\r");
        client.expect("Password: ");
    }
    return has_answered;
}

void check_nobody_is_in(const pty::World& world) {
    const auto records = world.wtmp();
    CHECK(std::none_of(records.begin(), records.end(), [](const auto& record) {
        return record.type == USER_PROCESS;
    }));
    const auto all = pty::running_processes();
    CHECK(std::none_of(
        all.begin(), all.end(), [](const auto& process) { return process.name == "sh"; }));
}

/// As BusyBox's telnetd leaves it for the login that it starts.
void write_record_of_daemon(const std::string& line, const std::string& host) {
    utmpx record{};
    record.ut_type = LOGIN_PROCESS;
    record.ut_pid = ::getpid();
    line.copy(record.ut_line, sizeof record.ut_line);
    host.copy(record.ut_host, sizeof record.ut_host);
    ::setutxent();
    ::pututxline(&record);
    ::endutxent();
}

const std::string evil = "/run/evil";

/// Whatever has ever steered a login or a library, pointing at files that are there.
std::vector<std::pair<std::string, std::string>> hostile_variables(const pty::World& world) {
    std::vector<std::pair<std::string, std::string>> variables;
    for (const char* name : {"LD_PRELOAD",
                             "LD_LIBRARY_PATH",
                             "LD_AUDIT",
                             "LD_DEBUG_OUTPUT",
                             "LD_PROFILE",
                             "LD_ORIGIN_PATH",
                             "GCONV_PATH",
                             "GETCONF_DIR",
                             "GLIBC_TUNABLES",
                             "HOSTALIASES",
                             "LOCALDOMAIN",
                             "LOCPATH",
                             "MALLOC_TRACE",
                             "MALLOC_PERTURB_",
                             "MEMUSAGE_OUTPUT",
                             "NIS_PATH",
                             "NLSPATH",
                             "RESOLV_HOST_CONF",
                             "RES_OPTIONS",
                             "TMPDIR",
                             "TZDIR",
                             "TZ",
                             "IFS",
                             "ENV",
                             "BASH_ENV",
                             "BASH_FUNC_ls%%",
                             "SHELLOPTS",
                             "BASHOPTS",
                             "PS1",
                             "PS4",
                             "CDPATH",
                             "GLOBIGNORE",
                             "PROMPT_COMMAND",
                             "FPATH",
                             "TERMINFO",
                             "TERMINFO_DIRS",
                             "TERMCAP",
                             "TERMPATH",
                             "TTYPROMPT",
                             "LIBPATH",
                             "CREDENTIALS_DIRECTORY",
                             "NOTIFY_SOCKET",
                             "LISTEN_FDS",
                             "XDG_SESSION_ID",
                             "XDG_RUNTIME_DIR",
                             "XDG_CONFIG_HOME",
                             "XDG_SEAT",
                             "KRB5_CONFIG",
                             "KRB5CCNAME",
                             "KRB5_KTNAME",
                             "DBUS_SESSION_BUS_ADDRESS",
                             "DBUS_SYSTEM_BUS_ADDRESS",
                             "SSH_AUTH_SOCK",
                             "HTTP_PROXY",
                             "http_proxy",
                             "PYTHONPATH",
                             "PERL5LIB",
                             "LOGIN_PRE_SUID_SCRIPT",
                             "LOGIN_TIMEOUT",
                             "LDAPCONF",
                             "LDAPTLS_CACERT",
                             "NSS_WRAPPER_PASSWD",
                             "PAM_WRAPPER_SERVICE_DIR",
                             "HOME",
                             "SHELL",
                             "PATH",
                             "MAIL",
                             "LOGNAME"}) {
        world.write_file(evil + "/" + name + "/login.noauth", "yes\n", 0666);
        variables.emplace_back(name, evil + "/" + name);
    }
    return variables;
}

/// Tells of every file that is opened below a directory.
class OpenWatch {
  public:
    explicit OpenWatch(const std::string& directory)
        : queue_(common::check(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC), "inotify")) {
        add(directory);
        for (const auto& entry : std::filesystem::recursive_directory_iterator{directory}) {
            if (entry.is_directory()) {
                add(entry.path());
            }
        }
        // To look for them was to open them.
        while (!seen().empty()) {
        }
    }

    /// The directories, one after the client.
    [[nodiscard]] std::string seen() const {
        alignas(inotify_event) std::array<char, 4096> buffer{};
        const auto size = ::read(queue_.get(), buffer.data(), buffer.size());
        std::string text;
        for (ssize_t at = 0; at < size;) {
            inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof event);
            text += directories_.at(event.wd) + "\n";
            at += static_cast<ssize_t>(sizeof event + event.len);
        }
        return text;
    }

  private:
    void add(const std::string& directory) {
        const int watch = common::check(
            ::inotify_add_watch(queue_.get(), directory.c_str(), IN_OPEN), "watch", directory);
        directories_[watch] = directory;
    }

    common::UniqueFd queue_;
    std::map<int, std::string> directories_;
};

/// What has tried to reach the name server, which there is none of elsewhere.
class NameServer {
  public:
    NameServer(const pty::World& world, const std::string& source)
        : socket_(common::check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                                "socket")) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = ::htons(53);
        address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
        common::check(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address),
                      "bind");
        world.write_file("/etc/resolv.conf", "nameserver 127.0.0.1\n");
        world.write_file("/etc/nsswitch.conf",
                         "passwd: files\ngroup: files\nshadow: files\nhosts: " + source + "\n");
    }

    [[nodiscard]] bool was_asked() const {
        char question = 0;
        return ::recv(socket_.get(), &question, 1, 0) >= 0;
    }

  private:
    common::UniqueFd socket_;
};

}  // namespace

TEST_CASE("network login: each server's caller logs in, runs a command, and is reset") {
    for (const Server& server : servers) {
        CAPTURE(server.name);
        const pty::PamJournal journal;
        TelnetMachine machine{server};
        const pty::World& world = machine.world();
        machine.keep_journal(journal);
        pty::TelnetClient client;
        log_in(client);
        CHECK(ask_shell(client, "id -un; echo $TERM") ==
              "ann\r\n" + std::string{server.terminal_type} + "\r\n");
        const pid_t login = wait_for_login();
        const auto record = live_record(world);
        CHECK(record.user == "ann");
        const bool is_the_client = record.host == "localhost" || record.host == "127.0.0.1";
        CHECK(is_the_client);
        CHECK(record.process == login);
        CHECK(pty::PamJournal::items_of(login) == "remote " + record.host + " /dev/" + record.line);
        CHECK(pty::PamJournal::steps_of(login) ==
              "authenticate account establish open reinitialize");
        client.reset();
        CHECK(waits_for_no_login());
        CHECK(pty::PamJournal::steps_of(login) == whole_journal);
        CHECK(pty::wait_until([&] {
            const auto last = pty::last_for_line(world.utmp(), record.line);
            return last && last->type == DEAD_PROCESS;
        }));
        CHECK(live_record(world).user.empty());
    }
}

TEST_CASE("network login: telnet of inetutils, and the client is killed") {
    pty::Package telnet{"inetutils-telnet"};
    TelnetMachine machine{servers.front()};
    telnet.mount_in(machine.world());
    pty::TelnetClient{}.expect("login: ");  // The server is there.
    REQUIRE(waits_for_no_login());
    pty::Line line;
    auto client = line.start_on(
        {.arguments = {in("inetutils-telnet", "/usr/bin/inetutils-telnet"), "127.0.0.1"},
         .environment = {"TERM=vt100", "USER=-froot"},
         .session = pty::Session::leader_with_terminal});
    pty::log_in(line, "ann", "secret");
    CHECK(pty::ask_shell(line, "id -un") == "ann\r\n");
    line.resize(30, 100);
    client.signal(SIGWINCH);
    CHECK(pty::wait_until([&] { return pty::ask_shell(line, "stty size") == "30 100\r\n"; }));
    client.signal(SIGKILL);
    CHECK(waits_for_no_login());
    CHECK(live_record(machine.world()).user.empty());
}

TEST_CASE("network login: whatever a client calls its user, a password is asked for (T-01)") {
    // Netkit's server does not let such a name go any further.
    TelnetMachine machine{servers.front()};
    std::list<pty::TelnetClient> clients;
    for (const char* name : {"-froot",
                             "-f root",
                             "-f",
                             "-p -f root",
                             "root -f",
                             "-- -froot",
                             "-h x",
                             "-H",
                             "-s /bin/sh root",
                             "--help",
                             "\t-f root",
                             "-f\nroot",
                             "root A=1",
                             "root"}) {
        clients.emplace_back(pty::TelnetClient::Environment{{"USER", name}, {"TTYPROMPT", "x"}});
    }
    for (pty::TelnetClient& client : clients) {
        INFO(client.transcript());
        CHECK(is_refused_or_asked(client));
    }
    check_nobody_is_in(machine.world());
}

TEST_CASE("network login: whatever is typed for a name, nobody is in without a password (T-01)") {
    TelnetMachine machine{servers.back()};
    machine.world().append_file("/etc/ttygate/login.conf", "LOGIN_RETRIES 100\n");
    pty::TelnetClient client;
    for (const char* name :
         {"-froot", "-f root", "--", "-h x", "-p", "-", "root -f", "\t-f", "-"}) {
        CAPTURE(std::string{name});
        client.expect("login: ");
        client.send(std::string{name} + "\r");
        client.expect("That cannot be a user name");
        client.expect("Login incorrect");
    }
    check_nobody_is_in(machine.world());
}

TEST_CASE("a recorded host counts as -h, whatever a network daemon has made of it (T-01)") {
    struct Row {
        const char* recorded;
        const char* host;
    };
    const pty::PamJournal journal;
    for (const Row& row : {Row{"192.0.2.1", "192.0.2.1"},
                           Row{"192.0.2.1:40000", "192.0.2.1"},
                           Row{"[2001:db8::1]:40000", "2001:db8::1"},
                           Row{"\x1b[2J", "0.0.0.0"},
                           Row{"[", "0.0.0.0"}}) {
        CAPTURE(std::string{row.recorded});
        pty::TestWorld world;
        pty::choose_gate(world, pty::Gate::pam);
        journal.join_stack(world, {}, "remote");
        pty::add_person(world, ann);
        pty::Line line;
        pty::Command command{.arguments = {pty::World::login(), "-f", "ann"},
                             .session = pty::Session::leader_with_terminal};
        command.before_exec = [&] { write_record_of_daemon(line.name(), row.recorded); };
        const auto login = line.start_on(command);
        line.expect("Password: ");
        line.send("secret\r");
        line.expect(pty::shell_prompt);
        CHECK(pty::PamJournal::items_of(login.id()) ==
              "remote " + std::string{row.host} + " " + line.path());
        CHECK(record_of(world, line).host == row.host);
        CHECK(world.count_log("LOGIN_REMOTE_NOAUTH is not set") == 1);
    }
}

TEST_CASE("network login: no variable of a client's lowers anything or reaches the shell (T-02)") {
    for (const Server& server : servers) {
        CAPTURE(server.name);
        TelnetMachine machine{server};
        const auto variables = hostile_variables(machine.world());
        REQUIRE(variables.size() >= 60);
        pty::TelnetClient client{variables};
        log_in(client);
        Words kept =
            words_in("/proc/" + std::to_string(live_record(machine.world()).session) + "/environ");
        std::sort(kept.begin(), kept.end());
        CHECK(kept == Words{"HOME=/home/ann",
                            "LOGNAME=ann",
                            "MAIL=/var/mail/ann",
                            "PATH=/usr/local/bin:/usr/bin:/bin",
                            "SHELL=/bin/sh",
                            "TERM=" + std::string{server.terminal_type},
                            "USER=ann"});
    }
}

TEST_CASE("sixty variables that have steered others: asked as ever, and no file opened (T-02)") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        choose_gate(world, gate);
        pty::add_person(world, ann);
        auto variables = hostile_variables(world);
        // The loader's own, before there is a program: root who sets them has chosen so.
        const auto is_for_loader = [](const auto& variable) {
            return variable.first.starts_with("LD_") || variable.first == "GLIBC_TUNABLES";
        };
        variables.erase(std::remove_if(variables.begin(), variables.end(), is_for_loader),
                        variables.end());
        REQUIRE(variables.size() >= 60);
        pty::Command command{.arguments = {pty::World::login(), "-p"},
                             .session = pty::Session::leader_with_terminal};
        for (const auto& [name, value] : variables) {
            command.environment.push_back(name + "=" + value);
        }
        const OpenWatch watch{evil};
        pty::Line line;
        auto login = line.start_on(command);
        pty::log_in(line, "ann", "secret");
        CHECK(watch.seen() == "");
        Words kept = words_in("/proc/" + std::to_string(line.session()) + "/environ");
        std::sort(kept.begin(), kept.end());
        CHECK(kept == Words{"HOME=/home/ann",
                            "LOGNAME=ann",
                            "MAIL=/var/mail/ann",
                            "PATH=/usr/local/bin:/usr/bin:/bin",
                            "SHELL=/bin/sh",
                            "TERM=dumb",
                            "USER=ann"});
    }
}

TEST_CASE("rlogind's call: -f with -h needs the administrator's consent (T-01)") {
    for (const auto gate : pty::gates()) {
        for (const char* consent : {"", "LOGIN_REMOTE_NOAUTH no\n", "LOGIN_REMOTE_NOAUTH yes\n"}) {
            CAPTURE(name_of(gate));
            CAPTURE(std::string{consent});
            pty::TestWorld world;
            choose_gate(world, gate);
            world.append_file("/etc/ttygate/login.conf", consent);
            pty::add_person(world, ann);
            pty::Line line;
            auto login = line.start_on(
                {.arguments = {pty::World::login(), "-p", "-h", "far.example.org", "-f", "ann"},
                 .environment = {"TERM=xterm"},
                 .session = pty::Session::leader_with_terminal});
            if (std::string{consent}.ends_with("yes\n")) {
                line.expect(pty::shell_prompt);
                CHECK(line.transcript().find("Password: ") == std::string::npos);
            } else {
                line.expect("Password: ");
                line.send("secret\r");
                line.expect(pty::shell_prompt);
                CHECK(world.count_log("LOGIN_REMOTE_NOAUTH is not set") == 1);
            }
            CHECK(record_of(world, line).host == "far.example.org");
            CHECK(pty::ask_shell(line, "echo $TERM") == "xterm\r\n");
            line.send("exit\r");
            CHECK(login.wait_exit() == pty::Exit{.status = 0});
        }
    }
}

TEST_CASE("rlogind's call without -f asks for the password of the name it gives") {
    const pty::TestWorld world;
    pty::add_person(world, ann);
    pty::Line line;
    const auto login =
        line.start_on({.arguments = {pty::World::login(), "-p", "-h", "far.example.org", "ann"},
                       .environment = {"TERM=xterm"},
                       .session = pty::Session::leader_with_terminal});
    line.expect("Password: ");
    line.send("secret\r");
    line.expect(pty::shell_prompt);
}

TEST_CASE("a host is told to PAM and the records byte for byte, and we do not look it up (T-04)") {
    const pty::PamJournal journal;
    pty::leave_network();
    pty::raise_loopback();
    for (const auto gate : pty::gates()) {
        for (const char* host : {"far.example.org",
                                 "far.box",
                                 "192.0.2.1",
                                 "2001:db8::1%eth0",
                                 "UPPER_case-Host.",
                                 "0"}) {
            CAPTURE(name_of(gate));
            CAPTURE(std::string{host});
            const pty::TestWorld world;
            choose_gate(world, gate);
            journal.join_stack(world, {}, "remote");
            // A login that strips its own domain would.
            world.write_file("/etc/hostname", "box.example.org\n");
            pty::add_person(world, ann);
            // libpam itself, for the audit system, looks a host up that has a name.
            const NameServer names{world, gate == pty::Gate::shadow ? "dns" : "files"};
            pty::Line line;
            auto login = line.start_on({.arguments = {pty::World::login(), "-h", host, "ann"},
                                        .session = pty::Session::leader_with_terminal});
            line.expect("Password: ");
            line.send("secret\r");
            line.expect(pty::shell_prompt);
            if (gate == pty::Gate::pam) {
                CHECK(pty::PamJournal::items_of(login.id()) ==
                      "remote " + std::string{host} + " " + line.path());
            }
            CHECK(record_of(world, line).host == host);
            CHECK_FALSE(names.was_asked());
        }
    }
}
