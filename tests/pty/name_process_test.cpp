#include "common/syscall_filter.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/line.hpp"
#include "tests/pty/process_cost.hpp"
#include "tests/pty/process_table.hpp"
#include "tests/pty/test_world.hpp"
#include "tests/pty/wait.hpp"
#include "tests/testing.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <linux/seccomp.h>
#include <unistd.h>

#include <doctest/doctest.h>

// "The prompt without power": what is typed at getty's prompt is read by a process that
// can do nothing else.

using namespace std::chrono_literals;
using pty::ask_shell;
using pty::start_getty;

namespace {

namespace fs = std::filesystem;

const pty::Account ann{.name = "ann", .password = "secret"};

/// The processes that read names for this getty; those that have ended are waited for by it.
std::vector<pty::RunningProcess> readers_of(pid_t getty) {
    std::vector<pty::RunningProcess> readers;
    for (const auto& process : pty::running_processes()) {
        if (process.parent == getty && process.name == "getty-reader") {
            readers.push_back(process);
        }
    }
    return readers;
}

/// The one, which has looked at what was sent.
pid_t reader_of(const pty::Process& getty) {
    const auto readers = readers_of(getty.id());
    REQUIRE(readers.size() == 1);
    return readers.front().id;
}

std::string status_of(pid_t process) {
    std::ifstream file{"/proc/" + std::to_string(process) + "/status"};
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

/// What stands behind `name:`, tabs as blanks.
std::string field(const std::string& status, const std::string& name) {
    const auto start = ("\n" + status).find("\n" + name + ":\t");
    REQUIRE(start != std::string::npos);
    const auto value = start + name.size() + 2;
    std::string found = status.substr(value, status.find('\n', value) - value);
    std::replace(found.begin(), found.end(), '\t', ' ');
    return found;
}

std::string limit_of(pid_t process, const std::string& name) {
    std::ifstream file{"/proc/" + std::to_string(process) + "/limits"};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(name)) {
            std::istringstream rest{line.substr(name.size())};
            std::string soft;
            std::string hard;
            rest >> soft >> hard;
            return soft + " " + hard;
        }
    }
    return {};
}

/// What they lead to.
std::vector<std::string> descriptors_of(pid_t process) {
    std::vector<std::string> descriptors;
    for (const auto& entry : fs::directory_iterator{"/proc/" + std::to_string(process) + "/fd"}) {
        descriptors.push_back(fs::read_symlink(entry).string());
    }
    return descriptors;
}

/// Up to a prompt and a name that is not finished.
pty::Process type_half(pty::Line& line, const std::vector<std::string>& options = {}) {
    auto getty = start_getty(line, options);
    line.expect("login: ");
    line.send("an");
    line.expect("an");
    return getty;
}

}  // namespace

TEST_CASE("reader: who reads names can do nothing else") {
    pty::TestWorld world;
    pty::Line line;
    const auto getty = type_half(line);
    const pid_t reader = reader_of(getty);
    const std::string status = status_of(reader);
    CHECK(field(status, "Uid") == "65534 65534 65534 65534");
    CHECK(field(status, "Gid") == "65534 65534 65534 65534");
    CHECK(field(status, "Groups") == " ");
    for (const char* const set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
        CAPTURE(std::string{set});
        CHECK(field(status, set) == "0000000000000000");
    }
    CHECK(field(status, "NoNewPrivs") == "1");
    if (pty::is_measured) {
        // Strictly: read, write and end.
        CHECK(field(status, "Seccomp") == "1");
        CHECK(limit_of(reader, "Max open files") == "1 1");
        CHECK(limit_of(reader, "Max file size") == "0 0");
    }
    CHECK(limit_of(reader, "Max processes") == "0 0");
    CHECK(limit_of(reader, "Max core file size") == "0 0");
    // One descriptor, which is no line.
    const auto descriptors = descriptors_of(reader);
    REQUIRE(descriptors.size() == 1);
    CHECK(descriptors.front().starts_with("socket:"));
    // Nor has it one to open as /dev/tty.
    const auto process = readers_of(getty.id()).front();
    CHECK(process.terminal == 0);
    CHECK(process.session != getty.id());
    // Nothing is missing on this kernel.
    CHECK(log_lines_of(world, getty.id()).empty());
}

TEST_CASE("reader: confined by somebody else before, it gives up as much") {
    if (!pty::is_measured) {
        tests::skip("a sanitizer's process makes system calls of its own");
    }
    pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    // As a container does: nothing is forbidden, but there is a filter.
    const auto getty = line.start_for(
        {.arguments = {pty::World::getty(), "-l", pty::World::login(), "{line}", "dumb"},
         .before_exec = [] {
             std::array<sock_filter, 1> allow{
                 sock_filter{.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = SECCOMP_RET_ALLOW}};
             if (common::confine_to(allow) != 0) {
                 ::_exit(1);
             }
         }});
    line.expect("login: ");
    line.send("an");
    line.expect("an");
    const std::string status = status_of(reader_of(getty));
    CHECK(field(status, "Seccomp") == "2");
    CHECK(field(status, "Seccomp_filters") == "2");
    line.send("n\r");
    line.expect("Password: ");
    CHECK(log_lines_of(world, getty.id()).empty());
}

TEST_CASE("reader: the most that can be typed and shown is within what it may take") {
    pty::TestWorld world;
    pty::Line line;
    const auto getty = start_getty(line);
    line.expect("login: ");
    // Wide, and shown again and erased at once; each longer than what may be a name.
    std::string name;
    while (name.size() < 300) {
        name += "\xe6\xbc\xa2";
    }
    for (int round = 0; round < 3; ++round) {
        line.send(name);
        for (int redraw = 0; redraw < 20; ++redraw) {
            line.send("\x0c");
        }
        line.send("\x15");
    }
    line.send("end");
    line.expect("end");
    const pid_t reader = reader_of(getty);
    line.send("\x15" + name + "\r");
    line.expect("login: ");
    line.send("x");
    line.expect("x");
    CHECK(reader_of(getty) == reader);
    CHECK(world.log_lines().size() <= 1);  // that of the name that was refused
}

TEST_CASE("reader: nothing of it is left in login and the shell (T-34)") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        choose_gate(world, gate);
        add_person(world, ann);
        pty::Line line;
        auto getty = type_half(line);
        const pid_t reader = reader_of(getty);
        line.send("n\r");
        line.expect("Password: ");
        // Waited for: login has no child that it does not know.
        CHECK(status_of(reader).empty());
        CHECK(field(status_of(getty.id()), "NoNewPrivs") == "0");
        CHECK(field(status_of(getty.id()), "Seccomp") == "0");
        line.send("secret\r");
        line.expect(pty::shell_prompt);
        const std::string shell = ask_shell(line, "cat /proc/$$/status");
        CHECK(shell.find("NoNewPrivs:\t0\r\n") != std::string::npos);
        CHECK(shell.find("Seccomp:\t0\r\n") != std::string::npos);
    }
}

TEST_CASE("reader: there is none before the first key, and none when nobody types") {
    const pty::TestWorld world;
    pty::Line line;
    const auto getty = start_getty(line);
    line.expect("login: ");
    CHECK(readers_of(getty.id()).empty());
    line.send("x");
    line.expect("x");
    const pid_t reader = reader_of(getty);
    line.send("\x7f");
    line.expect("\b \b");
    // Ten seconds.
    CHECK(pty::wait_until([&] { return status_of(reader).empty(); }, 60s));
    line.send("y");
    line.expect("y");
    CHECK(readers_of(getty.id()).size() == 1);
}

TEST_CASE("reader: half a name keeps it") {
    const pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    const auto getty = type_half(line);
    const pid_t reader = reader_of(getty);
    pty::let_pass(11s);
    CHECK(reader_of(getty) == reader);
    line.send("n\r");
    line.expect("Password: ");
}

TEST_CASE("reader: killed while somebody types, the line asks again and the log says so") {
    pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    const auto getty = type_half(line);
    const pid_t reader = reader_of(getty);
    REQUIRE(::kill(reader, SIGKILL) == 0);
    line.send("n");
    line.expect("\r\nbox ");
    CHECK(world.wait_for_log("was replaced").find("process that reads names") != std::string::npos);
    pty::log_in(line, "ann", "secret");
    CHECK(status_of(reader).empty());
}

TEST_CASE("reader: one that dies again and again costs a pause that grows, and one log line") {
    pty::TestWorld world;
    pty::Line line;
    const auto getty = start_getty(line);
    line.expect("login: ");
    auto begun = pty::Clock::now();
    for (int times = 0; times < 4; ++times) {
        line.send("a");
        line.expect("a");
        begun = pty::Clock::now();
        REQUIRE(::kill(reader_of(getty), SIGKILL) == 0);
        line.send("b");
        line.expect("\r\nbox login: ");
    }
    CHECK(pty::Clock::now() - begun >= 900ms);
    CHECK(log_lines_of(world, getty.id()).size() == 1);
}

TEST_CASE("reader: one that does not answer is replaced, and the line is served") {
    pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    const auto getty = type_half(line);
    const pid_t reader = reader_of(getty);
    REQUIRE(::kill(reader, SIGSTOP) == 0);
    const auto begin = pty::Clock::now();
    line.send("n");
    line.expect("\r\nbox ");
    CHECK(pty::Clock::now() - begin >= 2s);
    CHECK(world.wait_for_log("was replaced").find("does not answer") != std::string::npos);
    pty::log_in(line, "ann", "secret");
    CHECK(status_of(reader).empty());
}

TEST_CASE("reader: it goes when getty is killed") {
    const pty::TestWorld world;
    pty::Line line;
    auto getty = type_half(line);
    const pid_t reader = reader_of(getty);
    // It would see that its socket ends: one that is stopped does not.
    REQUIRE(::kill(reader, SIGSTOP) == 0);
    getty.signal(SIGKILL);
    CHECK(getty.wait_exit() == pty::Exit{.signal = SIGKILL});
    CHECK(pty::wait_until([&] {
        const std::string status = status_of(reader);
        return status.empty() || field(status, "State").starts_with("Z");
    }));
}

TEST_CASE("reader: many lines of one getty have one each, and none knows of another") {
    const pty::TestWorld world;
    add_person(world, ann);
    std::array<pty::Line, 2> lines;
    const std::string words = lines[0].path() + "," + lines[1].path();
    const pty::Process getty{
        {.arguments = {pty::World::getty(), "-l", pty::World::login(), "--lines", words, "dumb"}}};
    for (pty::Line& line : lines) {
        line.expect("login: ");
        line.send("an");
        line.expect("an");
    }
    const auto readers = readers_of(getty.id());
    REQUIRE(readers.size() == 2);
    for (const auto& reader : readers) {
        CHECK(descriptors_of(reader.id).size() == 1);
    }
    // The lines' one process sees them off when it comes to it.
    lines[0].send("n\r");
    lines[0].expect("Password: ");
    REQUIRE(pty::wait_until([&] { return readers_of(getty.id()).size() == 1; }));
    lines[1].send("n\r");
    lines[1].expect("Password: ");
    CHECK(pty::wait_until([&] { return readers_of(getty.id()).empty(); }));
}

TEST_CASE("reader: --no-sandbox does without it") {
    const pty::TestWorld world;
    add_person(world, ann);
    pty::Line line;
    const auto getty = type_half(line, {"--no-sandbox"});
    CHECK(pty::descendants_of(getty.id()).empty());
    line.send("x\x7fn\r");
    line.expect("Password: ");
    line.send("secret\r");
    line.expect(pty::shell_prompt);
}
