// Accounts of a directory server: as long as it answers, and when it does not.
#include "common/unique_fd.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/network.hpp"
#include "tests/pty/package.hpp"
#include "tests/pty/process_table.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <utmpx.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

using Words = std::vector<std::string>;

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};
const std::string libraries = "/lib/x86_64-linux-gnu/";

/// Has the loader find what is in these folders.
void add_libraries(const pty::World& world, const Words& folders) {
    std::string text;
    for (const std::string& folder : folders) {
        text += folder + "\n";
    }
    world.write_file("/etc/ld.so.conf", text + "include /etc/ld.so.conf.d/*.conf\n");
    const auto made = pty::run({.arguments = {"/sbin/ldconfig", "-X"}}, 4 * pty::default_deadline);
    INFO(made.output);
    REQUIRE(made.exit == pty::Exit{.status = 0});
}

void use_service(const pty::World& world, const std::string& service) {
    world.write_file("/etc/nsswitch.conf",
                     "passwd: files " + service + "\ngroup: files " + service + "\nshadow: files " +
                         service + "\nhosts: files\n");
}

/// The user lena in a server, which nslcd asks.
class DirectoryMachine {
  public:
    DirectoryMachine() {
        pty::leave_network();
        pty::raise_loopback();
        for (const char* name : {"slapd",
                                 "libltdl7",
                                 "libwrap0",
                                 "libodbc2",
                                 "nslcd",
                                 "libnss-ldapd",
                                 "libpam-ldapd"}) {
            packages_.emplace_back(name);
        }
        world_.emplace();
        for (auto& package : packages_) {
            package.mount_in(*world_);
        }
        add_libraries(*world_,
                      {of("libnss-ldapd", libraries),
                       of("slapd", "/usr" + libraries),
                       of("slapd", "/usr/lib/ldap"),
                       of("libltdl7", "/usr" + libraries),
                       of("libwrap0", "/usr" + libraries),
                       of("libodbc2", "/usr" + libraries)});
        start_server();
        start_client();
        use_service(*world_, "ldap");
        REQUIRE(pty::wait_until([] {
            return pty::run({.arguments = {"/usr/bin/getent", "passwd", "lena"}}).exit ==
                   pty::Exit{.status = 0};
        }));
        const std::string module = of("libpam-ldapd", libraries + "security/pam_ldap.so");
        world_->write_file("/etc/pam.d/login",
                           "auth     sufficient pam_unix.so nodelay\n"
                           "auth     required " +
                               module +
                               " use_first_pass minimum_uid=1000\n"
                               "account  required pam_unix.so\n"
                               "account  sufficient pam_localuser.so\n"
                               "account  required " +
                               module +
                               " minimum_uid=1000\n"
                               "session  required pam_unix.so\n");
        pty::choose_gate(*world_, pty::Gate::pam);
        world_->set_password("root", "toor");
        world_->write_file("/home/lena/.profile",
                           std::string{"export PS1='"} + pty::shell_prompt + "'\n");
        world_->write_file("/root/.profile", "export PS1='root# '\n");
    }

    [[nodiscard]] pty::TestWorld& world() { return *world_; }
    [[nodiscard]] pty::Process& server() { return *server_; }

  private:
    static std::string of(const std::string& package, const std::string& file) {
        return "/run/package/" + package + file;
    }

    static bool answers() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = ::htons(389);
        address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
        const common::UniqueFd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        return ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }

    void start_server() {
        const std::string schema = of("slapd", "/etc/ldap/schema/");
        std::filesystem::create_directories("/run/ldap/data");
        world_->write_file("/run/ldap/slapd.conf",
                           "include " + schema + "core.schema\ninclude " + schema +
                               "cosine.schema\ninclude " + schema +
                               "nis.schema\n"
                               "pidfile /run/ldap/pid\n"
                               "database ldif\nsuffix dc=box\ndirectory /run/ldap/data\n");
        world_->write_file("/run/ldap/people.ldif",
                           "dn: dc=box\nobjectClass: dcObject\nobjectClass: organization\n"
                           "dc: box\no: box\n\n"
                           "dn: uid=lena,dc=box\nobjectClass: account\nobjectClass: posixAccount\n"
                           "objectClass: shadowAccount\nuid: lena\ncn: Lena\nuidNumber: 5001\n"
                           "gidNumber: 100\nhomeDirectory: /home/lena\nloginShell: /bin/sh\n"
                           "userPassword: central\n");
        const std::string slapd = of("slapd", "/usr/sbin/slapd");
        const auto added = pty::run(
            {.arguments = {"slapadd", "-f", "/run/ldap/slapd.conf", "-l", "/run/ldap/people.ldif"},
             .program = slapd});
        INFO(added.output);
        REQUIRE(added.exit == pty::Exit{.status = 0});
        server_.emplace(pty::Command{
            .arguments = {
                slapd, "-f", "/run/ldap/slapd.conf", "-h", "ldap://127.0.0.1:389", "-d", "0"}});
        REQUIRE(pty::wait_until(answers));
    }

    void start_client() {
        std::filesystem::create_directory("/run/nslcd");
        world_->write_file("/etc/nslcd.conf",
                           "uri ldap://127.0.0.1/\nbase dc=box\nbind_timelimit 1\ntimelimit 1\n"
                           "reconnect_sleeptime 1\nreconnect_retrytime 1\n",
                           0600);
        client_.emplace(pty::Command{.arguments = {of("nslcd", "/usr/sbin/nslcd"), "-n"}});
        REQUIRE(pty::wait_until([] { return std::filesystem::exists("/run/nslcd/socket"); }));
    }

    std::vector<pty::Package> packages_;
    std::optional<pty::TestWorld> world_;
    std::optional<pty::Process> server_;
    std::optional<pty::Process> client_;
};

pty::Command bare_login() {
    return {.arguments = {pty::World::login()}, .session = pty::Session::leader_with_terminal};
}

/// A machine whose directory never answers. Make it before the World.
class Sleeper {
  public:
    Sleeper() {
        std::ifstream file{TTYGATE_NSS_SLEEPER, std::ios::binary};
        module_.assign(std::istreambuf_iterator<char>{file}, {});
    }
    void join(const pty::World& world) const {
        world.write_file("/root/.profile", "export PS1='root# '\n");
        world.write_file("/run/nss/libnss_sleeper.so.2", module_, 0755);
        add_libraries(world, {"/run/nss"});
        use_service(world, "sleeper");
    }

  private:
    std::string module_;
};

/// How long it takes from the password to the shell's prompt.
pty::Milliseconds time_to_shell(pty::Line& line) {
    line.expect("login: ");
    line.send("root\r");
    line.expect("Password: ");
    const auto begun = pty::Clock::now();
    line.send("toor\r");
    line.expect("root# ", 4 * pty::default_deadline);
    return std::chrono::duration_cast<pty::Milliseconds>(pty::Clock::now() - begun);
}

}  // namespace

TEST_CASE("an account of an LDAP server, and the server stops and dies in mid-login") {
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("the packages' libraries find no sanitizer");
    }
    DirectoryMachine machine;
    pty::TestWorld& world = machine.world();
    {
        pty::Line line;
        auto login = line.start_on(bare_login());
        pty::log_in(line, "lena", "central");
        CHECK(pty::ask_shell(line, "id -un; id -u") == "lena\r\n5001\r\n");
        CHECK(record_of(world, line).user == "lena");
        line.send("exit\r");
        CHECK(login.wait_exit() == pty::Exit{.status = 0});
        pty::Line other;
        const auto wrong = other.start_on(bare_login());
        other.expect("login: ");
        other.send("lena\r");
        other.expect("Password: ");
        other.send("wrong\r");
        other.expect("Login incorrect");
    }
    for (const int number : {SIGSTOP, SIGKILL}) {
        CAPTURE(number);
        pty::Line line;
        const auto login = line.start_on(bare_login());
        line.expect("login: ");
        line.send("lena\r");
        line.expect("Password: ");
        machine.server().signal(number);
        // Its other threads work on until one has taken note of the signal.
        const char noted = number == SIGSTOP ? 'T' : 'Z';
        REQUIRE(pty::wait_until([&] { return pty::state_of(machine.server().id()) == noted; }));
        const auto begun = pty::Clock::now();
        line.send("central\r");
        line.expect("Login incorrect", 60'000ms);
        const auto took = std::chrono::duration_cast<pty::Milliseconds>(pty::Clock::now() - begun);
        MESSAGE("refused after ", took.count(), " ms");
        CHECK(took < 25'000ms);
        CHECK(record_of(world, line).user != "lena");
        pty::Line roots;
        const auto root = roots.start_on(bare_login());
        MESSAGE("root is in after ", time_to_shell(roots).count(), " ms");
        CHECK(record_of(world, roots).user == "root");
    }
}

TEST_CASE("a directory that never answers: root is in within two seconds (T-43)") {
    const Sleeper sleeper;
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        pty::TestWorld world;
        choose_gate(world, gate);
        world.set_password("root", "toor");
        world.add_group("wheel", 10, "root");
        sleeper.join(world);
        // A machine that is busy may need several tries; the directory would spoil each.
        constexpr int tries = 3;
        constexpr auto promised = 2'000ms * pty::slowness;
        auto soonest = pty::Milliseconds::max();
        for (int i = 0; i < tries && soonest >= promised; ++i) {
            pty::Line line;
            auto login = line.start_on(bare_login());
            soonest = std::min(soonest, time_to_shell(line));
            line.send("id -G\r");
            line.expect("0 10\r\n");
            line.send("exit\r");
            CHECK(login.wait_exit() == pty::Exit{.status = 0});
        }
        CHECK(soonest < promised);
        MESSAGE("root is in after ", soonest.count(), " ms");
    }
}

TEST_CASE("a directory that never answers: what root meets with Debian's login") {
    const Sleeper sleeper;
    const std::string debians = pty::fetched_file("login", "/bin/login");
    const pty::TestWorld world;
    world.set_password("root", "toor");
    sleeper.join(world);
    world.write_file("/run/debian/login", debians, 0755);
    pty::Line line;
    auto command = bare_login();
    command.arguments = {"/run/debian/login"};
    const auto login = line.start_on(command);
    line.expect("login: ");
    line.send("root\r");
    // It looks for root in the directory before it asks for anything.
    constexpr auto a_while = 2'000ms;
    const bool asks = pty::wait_until(
        [&] { return line.transcript().find("Password: ") != std::string::npos; }, a_while);
    MESSAGE("asked for a password within two seconds: ", asks);
}

TEST_CASE("a directory that never answers: who is not root is sent away in time (T-43)") {
    const Sleeper sleeper;
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        pty::TestWorld world;
        choose_gate(world, gate);
        world.append_file("/etc/ttygate/login.conf", "LOGIN_TIMEOUT 2\n");
        pty::add_person(world, ann);
        sleeper.join(world);
        struct Start {
            const char* name;
            pty::Line line;
            std::optional<pty::Process> login;
        };
        std::list<Start> starts;
        const auto begun = pty::Clock::now();
        // A local account has groups in the directory, and another is looked up there.
        for (const char* name : {"ann", "nobody-here"}) {
            Start& start = starts.emplace_back();
            start.name = name;
            start.login.emplace(start.line.start_on(bare_login()));
            start.line.expect("login: ");
            start.line.send(std::string{name} + "\r");
            start.line.expect("Password: ");
            start.line.send("secret\r");
        }
        for (Start& start : starts) {
            CAPTURE(std::string{start.name});
            start.login->wait_exit(60'000ms);
            // For ever, if nothing ended it.
            CHECK(pty::Clock::now() - begun < 20'000ms * pty::slowness);
            start.line.expect_hang_up();
            CHECK(start.line.transcript().find("This login has taken too long") !=
                  std::string::npos);
            CHECK(start.line.transcript().find(pty::shell_prompt) == std::string::npos);
            CHECK(start.line.owner().user == 0);
            CHECK(record_of(world, start.line).user.empty());
        }
        CHECK(pty::wait_until([&] { return world.count_log("took more than 2 s") == 2; }));
    }
}
