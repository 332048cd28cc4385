#include "login/sessions/rows.hpp"

#include "tests/sessions/machine_twin.hpp"

#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using sessions::Agreement;
using tests::Born;
using tests::pts;

namespace {

constexpr std::int64_t boot = 1'000'000;

struct Written {
    std::string_view line{"pts/0"};
    std::string_view user{"ann"};
    pid_t process = 50;
    pid_t session = 100;
    std::int64_t seconds_after_boot = 60;
    short type = USER_PROCESS;
    std::string_view host{};
};

utmpx record_of(const Written& written) {
    utmpx record = common::login_record(
        {.line = written.line,
         .user = written.user,
         .host = written.host,
         .process = written.process,
         .session = written.session,
         .when = common::RecordTime{std::chrono::seconds{boot + written.seconds_after_boot}}});
    record.ut_type = written.type;
    return record;
}

/// init; login (50) with the shell 100 on pts/0; a daemon (70); a getty (80) on
/// pts/8; a session without any record (110) on pts/1.
std::vector<common::ProcessEntry> everybody() {
    return tests::table_of(
        {{.id = 1, .session = 1, .command = "init"},
         {.id = 50, .parent = 1, .session = 50, .command = "login"},
         {.id = 70, .parent = 1, .session = 70, .command = "daemon"},
         {.id = 80, .parent = 1, .session = 80, .terminal = pts(8), .command = "getty"},
         {.id = 90, .parent = 1, .session = 90, .state = 'Z'},
         {.id = 100, .parent = 50, .session = 100, .terminal = pts(0)},
         {.id = 105, .parent = 100, .session = 100, .terminal = pts(0), .command = "job"},
         {.id = 110, .parent = 70, .session = 110, .terminal = pts(1)},
         // Came into being 300 s after boot.
         {.id = 130, .parent = 1, .session = 130, .command = "late", .start = 30'000}});
}

std::string shown(const std::vector<sessions::Row>& rows) {
    std::string text;
    for (const auto& row : rows) {
        text += row.user() + "@" + row.line() + "=" +
                (row.session ? std::to_string(row.session->id()) : "-") + "/" +
                (row.said ? row.said->user : "-") + ":" + std::string{word_of(row.agreement)} +
                "\n";
    }
    return text;
}

/// There, and of a user whose processes we are not shown.
bool is_hidden(pid_t process) {
    return process == 4000;
}

std::string rows_with(const std::vector<Written>& written) {
    const auto processes = everybody();
    const auto all = tests::sessions_of(processes);
    std::vector<utmpx> records;
    for (const Written& w : written) {
        records.push_back(record_of(w));
    }
    return shown(sessions::rows_of({.processes = processes,
                                    .sessions = all,
                                    .start_time = tests::start_time,
                                    .lives = is_hidden},
                                   records));
}

}  // namespace

TEST_CASE("a record is held against the kernel") {
    struct Case {
        std::string_view name;
        Written record;
        Agreement agreement;
    };
    const auto processes = everybody();
    const auto all = tests::sessions_of(processes);
    const sessions::Kernel kernel{.processes = processes,
                                  .sessions = all,
                                  .start_time = tests::start_time,
                                  .lives = is_hidden};
    using enum Agreement;
    for (const Case& c : {
             Case{"login, above the leader", {}, ok},
             Case{"the leader", {.process = 100, .session = 0}, ok},
             Case{"one in the session", {.process = 105, .session = 0}, ok},
             Case{"above it, and the clock was set since", {.seconds_after_boot = -9000}, ok},
             Case{"nobody of that number", {.process = 51}, stale},
             Case{"ended, not reaped", {.process = 90}, stale},
             Case{"somebody whom /proc hides", {.process = 4000}, ok},
             Case{"no number at all", {.process = 0}, stale},
             Case{"a negative number", {.process = -1}, stale},
             Case{
                 "init is above everybody and proves nothing", {.process = 1, .session = 0}, stale},
             Case{"somebody else is on the line", {.process = 70, .session = 0}, stale},
             Case{"somebody else, who names the session", {.process = 70}, ok},
             Case{"a line that nobody is on", {.line = ":0", .process = 70, .session = 0}, ok},
             Case{"a later process", {.line = ":0", .process = 130, .session = 0}, reused_pid},
             Case{"a later process that names the session", {.process = 130}, reused_pid},
             Case{"a second after the record, as a clock's grain has it",
                  {.line = ":0", .process = 130, .session = 0, .seconds_after_boot = 299},
                  ok},
             Case{"two seconds after it",
                  {.line = ":0", .process = 130, .session = 0, .seconds_after_boot = 298},
                  reused_pid},
             Case{"right, but of another line", {.line = "pts/1", .session = 0}, stale},
             Case{"an empty line", {.line = "", .process = 70, .session = 0}, ok},
         }) {
        CAPTURE(c.name);
        CHECK(word_of(sessions::agreement_of(record_of(c.record), kernel)) == word_of(c.agreement));
    }
}

TEST_CASE("each session has the record of its line, and each other record a row") {
    struct Case {
        std::string_view name;
        std::vector<Written> records;
        std::string_view rows;
    };
    const Written getty{
        .line = "pts/8", .user = "LOGIN", .process = 80, .session = 80, .type = LOGIN_PROCESS};
    for (const Case& c : {
             Case{"no records: a getty is like anybody",
                  {},
                  "kernel's@pts/0=100/-:missing\nkernel's@pts/1=110/-:missing\n"
                  "kernel's@pts/8=80/-:missing\n"},
             Case{"who is logged in, and a getty that waits",
                  {{}, getty},
                  "kernel's@pts/0=100/ann:ok\nkernel's@pts/1=110/-:missing\n"},
             Case{"the right record before a wrong one of the same line",
                  {{.user = "old", .process = 51}, {}, getty},
                  "kernel's@pts/0=100/ann:ok\nkernel's@pts/1=110/-:missing\nold@pts/0=-/"
                  "old:stale\n"},
             Case{"only a wrong one",
                  {{.user = "old", .process = 51}, getty},
                  "kernel's@pts/0=100/old:stale\nkernel's@pts/1=110/-:missing\n"},
             Case{"a number used again",
                  {{.user = "old", .process = 130}, getty},
                  "kernel's@pts/0=100/old:reused pid\nkernel's@pts/1=110/-:missing\n"},
             Case{"a getty that has gone",
                  {{},
                   getty,
                   {.line = "tty9", .user = "LOGIN", .process = 51, .type = LOGIN_PROCESS}},
                  "kernel's@pts/0=100/ann:ok\nkernel's@pts/1=110/-:missing\nLOGIN@tty9=-/"
                  "LOGIN:stale\n"},
             Case{"a display, where no line is",
                  {{}, getty, {.line = ":0", .user = "eve", .process = 70, .session = 0}},
                  "kernel's@pts/0=100/ann:ok\nkernel's@pts/1=110/-:missing\neve@:0=-/eve:ok\n"},
             Case{"other kinds of record are about nobody",
                  {{},
                   getty,
                   {.line = "~", .user = "reboot", .process = 51, .type = BOOT_TIME},
                   {.process = 51, .type = DEAD_PROCESS},
                   {.process = 51, .type = INIT_PROCESS},
                   {.process = 51, .type = 99}},
                  "kernel's@pts/0=100/ann:ok\nkernel's@pts/1=110/-:missing\n"},
         }) {
        CAPTURE(c.name);
        CHECK(rows_with(c.records) == c.rows);
    }
}

TEST_CASE("the host is the record's only if the record holds") {
    sessions::TerminalSession session;
    session.host = "by-logind";
    const sessions::Said said{.host = "by-record"};
    CHECK(sessions::Row{.session = session, .said = said, .agreement = Agreement::ok}.host() ==
          "by-record");
    CHECK(sessions::Row{.session = session, .said = said, .agreement = Agreement::stale}.host() ==
          "by-logind");
    CHECK(sessions::Row{.session = session, .agreement = Agreement::missing}.host() == "by-logind");
    CHECK(sessions::Row{.said = said, .agreement = Agreement::stale}.host() == "by-record");
}

TEST_CASE("T-42: any bytes in utmp are only words") {
    const auto processes = everybody();
    const auto all = tests::sessions_of(processes);
    const sessions::Kernel kernel{.processes = processes,
                                  .sessions = all,
                                  .start_time = tests::start_time,
                                  .lives = is_hidden};
    std::uint32_t noise = 1;
    for (int round = 0; round < 2000; ++round) {
        std::vector<utmpx> records(3);
        for (utmpx& record : records) {
            std::array<unsigned char, sizeof(utmpx)> bytes{};
            for (unsigned char& byte : bytes) {
                noise = noise * 1664525U + 1013904223U;
                byte = static_cast<unsigned char>(noise >> 24U);
            }
            std::memcpy(&record, bytes.data(), bytes.size());
            record.ut_type = round % 2 == 0 ? USER_PROCESS : LOGIN_PROCESS;
        }
        const auto rows = sessions::rows_of(kernel, records);
        REQUIRE(rows.size() >= all.size());
        for (const auto& row : rows) {
            if (!row.session) {
                CHECK(row.agreement != Agreement::missing);
            }
        }
    }
}
