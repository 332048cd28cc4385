#include "getty/check.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/sysmacros.h>

#include <doctest/doctest.h>

using getty::check_as_json;
using getty::check_as_text;
using getty::CheckReport;
using getty::DeviceFacts;
using getty::Finding;
using Level = getty::Finding::Level;

namespace {

constexpr std::string_view drivers =
    "/dev/tty             /dev/tty        5       0 system:/dev/tty\n"
    "/dev/console         /dev/console    5       1 system:console\n"
    "/dev/ptmx            /dev/ptmx       5       2 system\n"
    "usbserial            /dev/ttyUSB   188 0-511 serial\n"
    "serial               /dev/ttyS       4 64-111 serial\n"
    "pty_slave            /dev/pts      136 0-1048575 pty:slave\n"
    "unknown              /dev/tty        4 1-63 console\n"
    "broken 4\n";

DeviceFacts port() {
    return {.path = "/dev/ttyS0",
            .is_there = true,
            .is_device = true,
            .may_be_opened = true,
            .driver = "serial",
            .sees_all_holders = true};
}

/// The findings as "LEVEL text" rows.
std::string rows(const std::vector<Finding>& findings) {
    constexpr std::string_view signs = "+-?!";
    std::string text;
    for (const Finding& finding : findings) {
        text += (text.empty() ? "" : "\n") +
                std::string(1, signs.at(static_cast<std::size_t>(finding.level))) + finding.text;
    }
    return text;
}

}  // namespace

TEST_CASE("check: the kernel's table of drivers tells what is a terminal") {
    struct Row {
        unsigned major;
        unsigned minor;
        std::optional<std::string> driver;
    };
    for (const Row& row : {Row{4, 1, "console"},
                           Row{4, 63, "console"},
                           Row{4, 64, "serial"},
                           Row{4, 111, "serial"},
                           Row{4, 112, std::nullopt},
                           Row{5, 1, "system:console"},
                           Row{136, 7, "pty:slave"},
                           Row{188, 512, std::nullopt},
                           Row{1, 3, std::nullopt}}) {
        CAPTURE(row.major);
        CAPTURE(row.minor);
        CHECK(getty::terminal_driver(drivers, makedev(row.major, row.minor)) == row.driver);
    }
    CHECK_FALSE(getty::terminal_driver("", makedev(4, 64)));
}

TEST_CASE("check: what reads the name, and what the kernel takes from it") {
    const auto row_for = [](bool alone, getty::Confinement kernel) {
        getty::Options options;
        options.no_sandbox = alone;
        return rows({getty::reader_finding(options, kernel)});
    };
    const getty::Confinement all{.has_seccomp = true, .has_landlock = true};
    CHECK(row_for(false, all) == "+read by a process that can do nothing else");
    CHECK(row_for(true, all) == "---no-sandbox: what is typed is read with all of root's power");
    const std::string can_more = ": who reads it can do more than that";
    CHECK(row_for(false, {.has_seccomp = true}) == "-this kernel has no Landlock" + can_more);
    CHECK(row_for(false, {.has_landlock = true}) == "-this kernel has no seccomp" + can_more);
    CHECK(row_for(false, {}) == "-this kernel has no seccomp and Landlock" + can_more);
}

TEST_CASE("check: a line that cannot be served, or cannot be told of, says why") {
    struct Row {
        void (*spoil)(DeviceFacts& facts);
        std::string_view rows;
    };
    for (const Row& row : {
             Row{[](DeviceFacts&) {}, "+/dev/ttyS0 is a terminal (serial)\n+nobody has it open"},
             Row{[](DeviceFacts& f) { f.is_there = false; },
                 "?/dev/ttyS0 is not there: getty would wait for it"},
             Row{[](DeviceFacts& f) {
                     f.is_there = false;
                     f.is_standard_input = true;
                 },
                 "!standard input is no terminal"},
             Row{[](DeviceFacts& f) { f.is_device = false; }, "!/dev/ttyS0 is no terminal"},
             Row{[](DeviceFacts& f) { f.driver.reset(); }, "!/dev/ttyS0 is no terminal"},
             Row{[](DeviceFacts& f) { f.driver = "pty:master"; }, "!/dev/ttyS0 is no terminal"},
             Row{[](DeviceFacts& f) { f.driver = "system"; }, "!/dev/ttyS0 is no terminal"},
             Row{[](DeviceFacts& f) { f.has_hardware = false; },
                 "?no port is behind /dev/ttyS0: getty would wait for one"},
             Row{[](DeviceFacts& f) {
                     f.may_be_opened = false;
                     f.sees_all_holders = false;
                 },
                 "+/dev/ttyS0 is a terminal (serial)\n?only root can open it\n"
                 "-only root can see whether somebody has it open"},
             Row{[](DeviceFacts& f) {
                     f.holders = {{.process = 7, .command = "minicom"},
                                  {.process = 8, .command = "cu"}};
                 },
                 "+/dev/ttyS0 is a terminal (serial)\n"
                 "-it is in use: getty would hang up process 7 (minicom), 8 (cu)"},
             Row{[](DeviceFacts& f) { f.holders.assign(7, {.process = 1, .command = "x"}); },
                 "+/dev/ttyS0 is a terminal (serial)\n"
                 "-it is in use: getty would hang up process 1 (x), 1 (x), 1 (x), 1 (x), 1 (x) "
                 "and 2 more"},
             Row{[](DeviceFacts& f) {
                     f.holders = {{.process = 7, .command = "sh", .user = "ann"},
                                  {.process = 9, .command = "vi"}};
                 },
                 "+/dev/ttyS0 is a terminal (serial)\n"
                 "-ann is logged in on it by process 7 (sh): getty would wait until that session "
                 "is over"},
         }) {
        DeviceFacts facts = port();
        row.spoil(facts);
        CHECK(rows(line_findings(facts)) == row.rows);
    }
}

TEST_CASE("check: what a port makes of a speed follows from its clock") {
    struct Row {
        std::string driver;
        std::optional<unsigned> clock;
        std::vector<getty::Speed> speeds;
        std::string_view rows;
    };
    constexpr unsigned pc_clock = 1'843'200;
    for (const Row& row : {
             Row{"serial", pc_clock, {115'200, 9600, 115'200}, "+115200\n+9600"},
             Row{"serial", pc_clock, {0}, "+the one that the line has"},
             Row{"serial",
                 pc_clock,
                 {230'400},
                 "!230400 is more than the port can do, which is 115200"},
             Row{"serial",
                 pc_clock,
                 {74'880},
                 "-74880: the port's clock makes it 57600, which is too far off"},
             // 48 MHz over 16 and 26: a ten-thousandth off.
             Row{"serial", 48'000'000, {115'200}, "+115200"},
             Row{"serial",
                 std::nullopt,
                 {9600},
                 "-9600: only the open port could tell whether it can do that"},
             Row{"serial",
                 8,
                 {9600},
                 "-9600: only the open port could tell whether it can do that"},
             Row{"pty:slave", std::nullopt, {9600}, "+9600: this line has no wire, and takes any"},
         }) {
        DeviceFacts facts = port();
        facts.driver = row.driver;
        facts.port_clock = row.clock;
        CHECK(rows(speed_findings(facts, row.speeds)) == row.rows);
    }
}

TEST_CASE("check: where terminfo has an entry, and which name can have none") {
    using Places = std::vector<std::string>;
    CHECK(getty::terminfo_places("/t", "vt100") == Places{"/t/v/vt100", "/t/76/vt100"});
    for (const char* name : {"", ".", "../x", "a/b"}) {
        CHECK(getty::terminfo_places("/t", name).empty());
    }
}

TEST_CASE("check: the answer is the last row, with the first reason") {
    CHECK(check_as_text(CheckReport{.line = "tty1"}) == "tty1 would get its prompt.\n");
    CHECK(check_as_text(CheckReport{}) == "A line would get its prompt.\n");
    CHECK(check_as_text({.line = "tty1",
                         .findings = {{.level = Level::bad, .topic = "login", .text = "why"},
                                      {.level = Level::bad, .topic = "login", .text = "too"}}})
              .ends_with("\ntty1 would get no prompt: why.\n"));
    CHECK(check_as_text({.findings = {{.level = Level::unknown, .topic = "line", .text = "why"}}})
              .ends_with("\nCannot tell whether a line would get its prompt: why.\n"));
}

TEST_CASE("check: JSON with the members that getty(8) names") {
    CHECK(check_as_json({.line = "ttyS0",
                         .device = "/dev/ttyS0",
                         .speeds = {115'200, 0},
                         .terminal_type = "vt100",
                         .login_program = "/bin/login",
                         .findings = {{.topic = "line", .text = "so"}}}) ==
          "{\n  \"version\": 1,\n  \"line\": \"ttyS0\",\n  \"device\": \"/dev/ttyS0\",\n"
          "  \"speeds\": [115200, \"keep\"],\n  \"term\": \"vt100\",\n"
          "  \"login\": \"/bin/login\",\n  \"verdict\": \"served\",\n  \"findings\": [\n"
          "    {\"topic\": \"line\", \"level\": \"ok\", \"text\": \"so\"}\n  ]\n}\n");
    CHECK(check_as_json({}).find("\"line\": null,\n  \"device\": null,\n  \"speeds\": []") !=
          std::string::npos);
}
