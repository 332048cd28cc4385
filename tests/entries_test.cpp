// The entries for inits that are installed: what each of them starts. Those of
// dinit and Upstart, which Debian does not have, are started by this alone; the
// others by tests/inits.

#include "getty/options.hpp"
#include "getty/ttys.hpp"
#include "tests/testing.hpp"

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace {

using Words = std::vector<std::string>;

std::string text_of(const std::string& path) {
    std::ifstream file{path};
    REQUIRE(file);
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// What the init or its shell makes of a word.
std::string expanded(const std::string& word) {
    if (word == "${TERM}") {
        return "vt220";
    }
    if (word == "\"${PWD##*/getty-}\"") {
        return "ttyS0";
    }
    return word == "''" ? "" : word;
}

/// The command lines of getty in an entry, each from the program on.
std::vector<Words> commands_in(const std::string& entry) {
    std::vector<Words> commands;
    std::istringstream lines{text_of(TTYGATE_ENTRIES "/" + entry)};
    for (std::string line; std::getline(lines, line);) {
        const auto start = line.find(TTYGATE_INSTALLED_GETTY " ");
        if (line.starts_with("#") || start == std::string::npos) {
            continue;
        }
        Words words;
        std::istringstream rest{line.substr(start)};
        for (std::string word; rest >> word;) {
            words.push_back(expanded(word));
        }
        // finit's own.
        if (words.back() == "nowait") {
            words.pop_back();
        }
        commands.push_back(words);
    }
    return commands;
}

getty::Options parse(Words words) {
    std::vector<char*> argv;
    for (std::string& word : words) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    return getty::parse_options(static_cast<int>(words.size()), argv.data());
}

struct Served {
    std::string line{};
    std::vector<getty::Speed> speeds;
    std::string terminal_type;
    bool no_clear = false;
    bool is_local = false;
    bool keeps_speed = false;
    std::vector<getty::LineWord> lines{};
};

struct Row {
    const char* entry;
    std::vector<Served> lines;
};

}  // namespace

TEST_CASE("each entry for an init starts our getty with our login on its line") {
    const std::vector<Row> table{
        {"busybox-inittab",
         {{.line = "tty1", .speeds = {38400}},
          {.line = "ttyS0", .speeds = {115200}, .terminal_type = "vt100", .is_local = true}}},
        {"dinit-getty-tty1", {{.line = "tty1", .terminal_type = "linux"}}},
        {"finit-getty.conf",
         {{.line = "tty1", .terminal_type = "linux", .no_clear = true},
          {.line = "ttyS0", .speeds = {115200}, .terminal_type = "vt102", .is_local = true}}},
        {"runit-run", {{.line = "ttyS0", .terminal_type = "vt102"}}},
        {"s6-run", {{.line = "ttyS0", .terminal_type = "vt102"}}},
        {"systemd-console-getty.conf",
         {{.line = "-",
           .speeds = {115200, 38400, 9600},
           .terminal_type = "vt220",
           .no_clear = true,
           .keeps_speed = true}}},
        {"systemd-container-getty@.conf",
         {{.line = "-", .terminal_type = "vt220", .no_clear = true}}},
        {"systemd-getty@.conf", {{.line = "-", .terminal_type = "vt220", .no_clear = true}}},
        {"systemd-serial-getty@.conf",
         {{.line = "-",
           .speeds = {115200, 57600, 38400, 9600},
           .terminal_type = "vt220",
           .keeps_speed = true}}},
        {"systemd-ttygate-lines.service",
         {{.speeds = {115200, 57600, 38400, 9600},
           .terminal_type = "vt220",
           .keeps_speed = true,
           .lines = {{getty::LineWord::Kind::pattern, "ttyS*"},
                     {getty::LineWord::Kind::pattern, "ttyUSB*"}}}}},
        {"sysvinit-inittab",
         {{.line = "tty1", .speeds = {38400}, .no_clear = true},
          {.line = "tty2", .speeds = {38400}},
          {.line = "ttyS0", .speeds = {115200}, .terminal_type = "vt102", .is_local = true}}},
        {"upstart-tty1.conf", {{.line = "tty1", .speeds = {38400}}}},
    };
    for (const Row& row : table) {
        CAPTURE(row.entry);
        const auto commands = commands_in(row.entry);
        REQUIRE(commands.size() == row.lines.size());
        for (std::size_t i = 0; i < commands.size(); ++i) {
            const Served& expected = row.lines[i];
            CAPTURE(expected.line);
            const getty::Options options = parse(commands[i]);
            CHECK(options.line == expected.line);
            CHECK(options.lines == expected.lines);
            CHECK(options.speeds == expected.speeds);
            CHECK(options.terminal_type == expected.terminal_type);
            CHECK(options.login_program == TTYGATE_INSTALLED_LOGIN);
            CHECK(options.no_clear == expected.no_clear);
            CHECK((options.carrier == getty::Carrier::always_local) == expected.is_local);
            CHECK(options.keep_baud == expected.keeps_speed);
            CHECK(options.label.empty());
            CHECK(options.unusable_speed.empty());
        }
    }
}

TEST_CASE("init: dinit and Upstart, by their entries") {
    tests::skip("Debian 12 has neither of them: what their entries start is looked at, no more");
}

TEST_CASE("the entry of OpenRC starts our getty with our login") {
    const std::string text = text_of(TTYGATE_ENTRIES "/openrc-ttygate");
    CHECK(text.find("\ncommand=" TTYGATE_INSTALLED_GETTY "\n") != std::string::npos);
    CHECK(text.find("\"-l " TTYGATE_INSTALLED_LOGIN " ") != std::string::npos);
}

TEST_CASE("the example of /etc/ttys is understood") {
    const auto read = getty::read_ttys(text_of(TTYGATE_SOURCES "/getty/inits/ttys"));
    CHECK(read.problems.empty());
    REQUIRE(read.profiles.size() == 5);
    CHECK(read.profiles[0].ttys.secure);
    CHECK(read.profiles[0].terminal_type == "linux");
    CHECK_FALSE(read.profiles[1].ttys.secure);
}
