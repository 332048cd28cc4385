// What a login leaves in the log, and what programs that watch logs make of it.
#include "tests/common/temporary_directory.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/log_socket.hpp"
#include "tests/pty/package.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};
const std::string journal_socket = "/run/systemd/journal/socket";

/// One wrong password, a name that is none, and a login that ends; `words` stand before
/// login's own.
void fail_twice_and_log_in(const std::string& host, std::vector<std::string> words = {}) {
    pty::Line line;
    for (const std::string& word : {std::string{pty::World::login()}, std::string{"-h"}, host}) {
        words.push_back(word);
    }
    auto login = line.start_on({.arguments = words, .session = pty::Session::leader_with_terminal});
    for (const char* name : {"ann", "nosuch"}) {
        line.expect("login: ");
        line.send(std::string{name} + "\r");
        line.expect("Password: ");
        line.send("wrong\r");
        line.expect("Login incorrect");
    }
    pty::log_in(line, ann.name, ann.password);
    line.send("exit\r");
    CHECK(login.wait_exit() == pty::Exit{.status = 0});
}

/// The first of the datagrams with this in it, or "".
std::string with(const std::vector<std::string>& datagrams, std::string_view text) {
    const auto found =
        std::find_if(datagrams.begin(), datagrams.end(), [text](const std::string& datagram) {
            return datagram.find(text) != std::string::npos;
        });
    return found == datagrams.end() ? "" : *found;
}

/// A line of strace's with what it shows as `\x6f` as it is, but for a zero byte.
std::string decoded(std::string_view call) {
    std::string text;
    while (!call.empty()) {
        if (call.starts_with("\\x") && call.size() >= 4) {
            const int byte = std::stoi(std::string{call.substr(2, 2)}, nullptr, 16);
            if (byte != 0) {
                text += static_cast<char>(byte);
            }
            call.remove_prefix(4);
        } else {
            text += call.front();
            call.remove_prefix(1);
        }
    }
    return text;
}

bool has_row(const std::string& entry, const std::string& row) {
    return ("\n" + entry + "\n").find("\n" + row + "\n") != std::string::npos;
}

/// A datagram as syslogd writes it to its file: with its own time and host.
std::string as_in_file(std::string datagram) {
    datagram.erase(0, datagram.find('>') + 1);
    constexpr std::string_view stamp = "Nov 22 09:42:09 ";
    const bool is_stamped = datagram.size() > stamp.size() && datagram[3] == ' ' &&
                            datagram[9] == ':' && datagram[12] == ':';
    datagram.erase(0, is_stamped ? stamp.size() : 0);
    return std::string{stamp} + "box " + datagram + "\n";
}

/// What is in the log after the three logins, as a file.
std::string log_file(pty::Gate gate) {
    pty::TestWorld world;
    choose_gate(world, gate);
    add_person(world, ann);
    world.append_file("/etc/ttygate/login.conf", "LOG_OK_LOGINS yes\n");
    fail_twice_and_log_in("10.0.0.7");
    world.wait_for_log("session of");
    std::string file;
    for (const std::string& datagram : world.log_lines()) {
        file += as_in_file(datagram);
    }
    return file;
}

void require_program(const char* path) {
    if (::access(path, X_OK) != 0) {
        tests::skip(std::string{"needs "} + path);
    }
}

}  // namespace

TEST_CASE("the journal: each event has its fields, and is not in syslog as well") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        pty::TestWorld world;
        choose_gate(world, gate);
        add_person(world, ann);
        world.append_file("/etc/ttygate/login.conf", "LOG_OK_LOGINS yes\n");
        fs::create_directories("/run/systemd/journal");
        pty::LogSocket journal{journal_socket};
        fail_twice_and_log_in("10.0.0.7");
        pty::wait_until([&] { return !with(journal.lines(), "LOGIN_RESULT=ended").empty(); });

        const std::string failure = with(journal.lines(), "FAILED LOGIN 1");
        CHECK(has_row(failure,
                      "MESSAGE=FAILED LOGIN 1 FROM 10.0.0.7 FOR ann, " +
                          std::string{"Authentication failure"}));
        for (const char* row : {"PRIORITY=5",
                                "SYSLOG_FACILITY=10",
                                "SYSLOG_IDENTIFIER=login",
                                "MESSAGE_ID=e7063e3652bb4997a1421f5aa8b62393",
                                "LOGIN_RESULT=failure",
                                "LOGIN_USER=ann",
                                "LOGIN_RHOST=10.0.0.7"}) {
            CAPTURE(row);
            CHECK(has_row(failure, row));
        }
        CHECK(failure.find("\nLOGIN_TTY=pts/") != std::string::npos);
        // PAM_AUTH_ERR, where PAM was asked.
        CHECK(has_row(failure, "PAM_STATUS=7") == (gate == pty::Gate::pam));
        // T-25: what is no account is not written down.
        const std::string unknown = with(journal.lines(), "FAILED LOGIN 2");
        CHECK(unknown.find("LOGIN_USER") == std::string::npos);
        CHECK(unknown.find("nosuch") == std::string::npos);

        const std::string success = with(journal.lines(), "LOGIN_RESULT=success");
        CHECK(has_row(success, "LOGIN_USER=ann"));
        CHECK(success.find("\nMESSAGE=LOGIN ON pts/") != std::string::npos);
        CHECK(world.count_log("FAILED LOGIN") == 0);
        CHECK(world.count_log("session of") == 0);
    }
}

TEST_CASE("the journal: one that is dead costs no line, syslog has it") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    fs::create_directories("/run/systemd/journal");
    { const pty::LogSocket gone{journal_socket}; }
    REQUIRE(fs::exists(journal_socket));
    fail_twice_and_log_in("10.0.0.7");
    world.wait_for_log("FAILED LOGIN 1 FROM 10.0.0.7 FOR ann, Authentication failure");
    world.wait_for_log("session of");
}

TEST_CASE("a log whose reader is behind for a moment loses no line") {
    bool has_come = false;
    // A machine that is busy may keep our own look at the log for longer than getty waits.
    for (int tries = 0; tries < 5 && !has_come; ++tries) {
        pty::TestWorld world;
        pty::fill_log("/dev/log");
        const pty::Process getty{{.arguments = {pty::World::getty(), "no-such-line"}}};
        // Nothing is read meanwhile.
        std::this_thread::sleep_for(100ms);
        has_come = pty::wait_until([&] { return world.count_log("no-such-line") == 1; }, 1000ms);
    }
    CHECK(has_come);
}

TEST_CASE("what modules log goes the way of our own lines, and has their form") {
    if constexpr (TTYGATE_WITH_PAM == 0) {
        tests::skip("needs a login with PAM");
    }
    pty::TestWorld world;
    choose_gate(world, pty::Gate::pam);
    add_person(world, ann);
    fail_twice_and_log_in("10.0.0.7");
    struct Row {
        std::string priority;
        std::string words;
    };
    const std::vector<Row> rows{
        {"<85>", "pam_unix(remote:auth): authentication failure; "},
        {"<86>", "pam_unix(remote:session): session opened for user ann"},
    };
    // No time in front, which the C library would put there.
    for (const Row& row : rows) {
        CAPTURE(row.words);
        const std::string line = world.wait_for_log(row.words);
        CHECK(line.starts_with(row.priority + "login["));
        CHECK(line.find("]: " + row.words) == line.find("]: "));
    }
}

TEST_CASE("fail2ban: its filter for PAM knows the failures, and one of a line the shadow gate's") {
    require_program("/usr/bin/python3");
    const std::string package = pty::fetched_package("fail2ban");
    const tests::TemporaryDirectory directory;
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const std::string text = log_file(gate);
        CAPTURE(text);
        directory.write("auth.log", text);
        const std::string rules = package + "/etc/fail2ban";
        // As login(1) says it.
        directory.write("shadow.conf",
                        "[Definition]\nfailregex = \\blogin\\[\\d+\\]: FAILED LOGIN \\d+ "
                        "FROM <HOST> FOR\n");
        const auto done =
            pty::run({.arguments = {"/usr/bin/python3",
                                    package + "/usr/bin/fail2ban-regex",
                                    "-c",
                                    rules,
                                    "-o",
                                    "ip",
                                    directory.path("auth.log"),
                                    gate == pty::Gate::pam ? rules + "/filter.d/pam-generic.conf"
                                                           : directory.path("shadow.conf")},
                      .environment = {"PYTHONPATH=" + package + "/usr/lib/python3/dist-packages",
                                      "PATH=/usr/bin:/bin"}},
                     pty::Milliseconds{120'000});
        CHECK(done.output == "10.0.0.7\n10.0.0.7\n");
    }
}

TEST_CASE("logwatch: its reports count the failures that PAM knows of, and every login") {
    require_program("/usr/bin/perl");
    const std::string package = pty::fetched_package("logwatch");
    const tests::TemporaryDirectory directory;
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        directory.write("auth.log", log_file(gate));
        const auto report_of = [&](const std::string& service) {
            const std::string script =
                std::string{"LOGWATCH_DETAIL_LEVEL=10 exec perl -I \"$0/lib\" "} +
                "\"$0/scripts/services/$1\" <\"$2\"";
            return pty::run({.arguments = {"/bin/sh",
                                           "-c",
                                           script,
                                           package + "/usr/share/logwatch",
                                           service,
                                           directory.path("auth.log")},
                             .environment = {"PATH=/usr/bin:/bin"}},
                            pty::Milliseconds{120'000})
                .output;
        };
        const std::string failures = report_of("pam_unix");
        CAPTURE(failures);
        if (gate == pty::Gate::pam) {
            CHECK(failures.find("ann (10.0.0.7): 1 Time(s)") != std::string::npos);
            CHECK(failures.find("(10.0.0.7): 1 Time(s)", failures.find("ann (") + 30) !=
                  std::string::npos);
        }
        const std::string logins = report_of("secure");
        CAPTURE(logins);
        CHECK(logins.find("User Logins:\n   ann : 1 Time(s)") != std::string::npos);
    }
}

TEST_CASE(
    "each login that comes about or does not is in the audit trail, once and without a word "
    "that could be a password (T-12, T-25)") {
    if (TTYGATE_WITH_AUDIT == 0) {
        tests::skip("needs a login that was built with audit");
    }
    if (TTYGATE_SANITIZED != 0) {
        tests::skip("a leak checker cannot be traced");
    }
    if (::access("/usr/bin/strace", X_OK) != 0) {
        tests::skip("needs strace");
    }
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        choose_gate(world, gate);
        add_person(world, ann);
        // What the kernel writes down is the machine's: so by what it is told.
        fail_twice_and_log_in("10.0.0.7",
                              {"/usr/bin/strace", "-D", "-s400", "-etrace=sendto", "-o/tmp/trace"});
        CHECK(pty::wait_until([&] {
            return world.read_file("/tmp/trace").find("+++ exited with 0 +++") != std::string::npos;
        }));
        std::istringstream trace{world.read_file("/tmp/trace")};
        std::vector<std::string> records;
        for (std::string call; std::getline(trace, call);) {
            // AUDIT_USER_LOGIN.
            if (call.find("nlmsg_type=0x458 ") != call.npos) {
                records.push_back(decoded(call));
                CHECK(records.back().find("nosuch") == call.npos);
            }
        }
        const std::string place = " exe=\"" + std::string{pty::World::login()} +
                                  "\" hostname=10.0.0.7 addr=10.0.0.7 terminal=pts/";
        REQUIRE(records.size() == 3);
        CHECK(records[0].find("op=login acct=\"ann\"" + place) != std::string::npos);
        CHECK(records[1].find("op=login acct=\"(unknown)\"" + place) != std::string::npos);
        CHECK(records[2].find("op=login id=1001" + place) != std::string::npos);
        CHECK(records[0].find(" res=failed") != std::string::npos);
        CHECK(records[1].find(" res=failed") != std::string::npos);
        CHECK(records[2].find(" res=success") != std::string::npos);
    }
}
