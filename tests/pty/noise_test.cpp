#include "tests/pty/noise.hpp"

#include "tests/pty/dialogue.hpp"
#include "tests/pty/escaped.hpp"
#include "tests/pty/process_cost.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <list>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <termios.h>
#include <unistd.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};

/// What getty does not take for two BREAKs.
constexpr auto between_breaks = 150ms;

speed_t speed_of(const pty::Line& line) {
    const termios modes = line.modes();
    return ::cfgetospeed(&modes);
}

/// A BREAK, as a pty has it.
void send_break(pty::Line& line) {
    line.send("\0"sv);
}

/// A pty echoes by itself what comes before getty has it; a port does not.
void make_deaf_as_a_port(const pty::Line& line) {
    termios modes = line.modes();
    modes.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    line.set_modes(modes);
}

}  // namespace

// --- "No fixed sleep and no lost input" ---

TEST_CASE("no fixed sleep: the first prompt is out as soon as the line is open") {
    const pty::TestWorld world;
    // The best of a few: the machine may be busy.
    auto best = pty::Clock::duration::max();
    for (int attempt = 0; attempt < 50 && best > 300ms; ++attempt) {
        pty::Line line;
        const auto start = pty::Clock::now();
        const auto getty = start_getty(line);
        line.expect("box login: ");
        best = std::min<pty::Clock::duration>(best, pty::Clock::now() - start);
    }
    CHECK(best < 300ms * pty::slowness);
}

TEST_CASE("no lost input: a name typed ahead is kept") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    world.write_file("/run/long.issue", std::string(64UL * 1024, '-') + "\r\n");
    SUBCASE("before getty gets the line on standard input") {
        pty::Line line;
        make_deaf_as_a_port(line);
        line.send("ann\r");
        const auto getty = line.start_on(
            {.arguments = {pty::World::getty(), "-l", pty::World::login(), "-", "dumb"}});
        line.expect("login: ann\r\r\n");
        line.expect("Password: ");
    }
    SUBCASE("while the issue is still being written") {
        pty::Line line;
        line.stop_reading();
        const auto getty = start_getty(line, {"-f", "/run/long.issue"});
        REQUIRE(pty::wait_until([&] { return line.session() == getty.id(); }));
        // Both in a way that needs the output to go nowhere: what is typed now
        // comes long before the prompt.
        pty::let_pass(100ms);
        line.send("ann\r");
        line.resume_reading();
        line.expect("login: ann\r\r\n");
        line.expect("Password: ");
    }
    SUBCASE("with the first letters of the prompt") {
        pty::Line line;
        const auto getty = start_getty(line);
        line.expect("box");
        line.send("ann\r");
        line.expect("login: ann\r\r\n");
        line.expect("Password: ");
    }
}

// --- "A speed never changes by noise" ---

TEST_CASE(
    "a speed never changes by noise: with one speed a BREAK changes nothing, nor what was "
    "typed") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    for (const std::string& policy :
         std::vector<std::string>{"--break=cycle", "--break=reset", "--break=ignore"}) {
        CAPTURE(policy);
        pty::Line line;
        const auto getty = pty::start_with_speeds(line, "9600", {policy});
        line.expect("login: ");
        for (const auto piece : {"a"sv, "\0"sv, "n"sv, "\0\0\0"sv, "n"sv, "\0"sv, "\r"sv}) {
            line.send(piece);
        }
        CHECK(line.expect("Password: ") == "ann\r\r\n");
        CHECK(speed_of(line) == B9600);
    }
}

TEST_CASE(
    "a speed never changes by noise: of several speeds a BREAK takes the next one, and "
    "shows the prompt in it") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    const auto getty = pty::start_with_speeds(line, "9600,19200,38400");
    line.expect("login: ");
    for (const speed_t expected : std::array<speed_t, 4>{B19200, B38400, B9600, B19200}) {
        pty::let_pass(between_breaks);
        send_break(line);
        line.expect("Test box");
        line.expect("login: ");
        CHECK(speed_of(line) == expected);
    }
    line.send("ann\r");
    line.expect("Password: ");
    CHECK(speed_of(line) == B19200);
}

TEST_CASE("the speed that a line had is given back, whatever BREAKs have made of it") {
    const pty::TestWorld world;
    pty::Line line;
    termios modes = line.modes();
    ::cfsetspeed(&modes, B4800);
    line.set_modes(modes);
    auto getty = pty::start_with_speeds(line, "9600,19200,38400");
    line.expect("login: ");
    send_break(line);
    line.expect("login: ");
    REQUIRE(speed_of(line) == B19200);
    getty.signal(SIGTERM);
    static_cast<void>(getty.wait_exit());
    CHECK(speed_of(line) == B4800);
}

TEST_CASE("a speed never changes by noise: BREAKs in a moment are one step") {
    const pty::TestWorld world;
    pty::Line line;
    const auto getty = pty::start_with_speeds(line, "9600,19200,38400");
    line.expect("login: ");
    line.send("\0\0\0\0\0\0\0"sv);
    line.expect("login: ");
    line.expect_nothing(300ms);
    CHECK(speed_of(line) == B19200);
}

TEST_CASE("a speed never changes by noise: after a quiet time the first speed is back") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    const auto getty = pty::start_with_speeds(line, "9600,19200", {"--break-quiet", "2"});
    line.expect("login: ");
    const auto start = pty::Clock::now();
    send_break(line);
    line.expect("login: ");
    CHECK(speed_of(line) == B19200);
    // A key starts the quiet time anew. One after the other: each has most of two
    // seconds to come.
    for (int times = 0; times < 4; ++times) {
        pty::let_pass(500ms);
        line.send("x");
    }
    line.expect("login: ");
    CHECK(pty::Clock::now() - start >= 3900ms);
    CHECK(speed_of(line) == B9600);
    line.send("ann\r");
    CHECK(line.expect("Password: ") == "ann\r\r\n");
}

TEST_CASE("a speed never changes by noise: --break=ignore") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    const auto getty = pty::start_with_speeds(line, "9600,19200", {"--break=ignore"});
    line.expect("login: ");
    line.send("an\0n\r"sv);
    CHECK(line.expect("Password: ") == "ann\r\r\n");
    CHECK(speed_of(line) == B9600);
}

TEST_CASE("a speed never changes by noise: --break=reset goes to the first speed") {
    const pty::TestWorld world;
    pty::Line line;
    const auto getty = pty::start_with_speeds(line, "9600,19200,38400", {"--break=reset"});
    line.expect("login: ");
    for (int times = 0; times < 3; ++times) {
        pty::let_pass(between_breaks);
        send_break(line);
        line.expect("login: ");
        CHECK(speed_of(line) == B9600);
    }
}

TEST_CASE("a speed never changes by noise: \\377 typed on a pty is no mark") {
    const pty::TestWorld world;
    pty::Line line;
    const auto getty = pty::start_with_speeds(line, "9600,19200");
    line.expect("login: ");
    // Not UTF-8, so shown as what it is, and once for each.
    line.send("\377\377\377\377\377\377\r");
    line.expect("That cannot be a name");
    CHECK(speed_of(line) == B9600);
}

TEST_CASE("a speed never changes by noise: a flood of NULs costs neither CPU nor log lines") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    for (const std::string& speeds : std::vector<std::string>{"9600", "9600,19200"}) {
        CAPTURE(speeds);
        pty::Line line;
        const auto getty = pty::start_with_speeds(line, speeds);
        line.expect("login: ");
        line.send("an");
        line.expect("an");
        const auto before = pty::cost_of(getty.id());
        const auto start = pty::Clock::now();
        const std::string nuls(1152, '\0');
        while (pty::Clock::now() - start < 5s) {
            pty::send_some(line, nuls);
            pty::let_pass(100ms);
        }
        const auto after = pty::cost_of(getty.id());
        CHECK(log_lines_of(world, getty.id()).empty());
        if (pty::is_measured) {
            // One part in twenty: caches that others have used cost as much again.
            CHECK(after.on_processor - before.on_processor < 250ms);
        }
        if (speeds == "9600") {
            // What was typed before it is still there.
            pty::let_pass(300ms);
            line.send("n\r");
            CHECK(line.expect("Password: ") == "n\r\r\n");
            CHECK(speed_of(line) == B9600);
        }
    }
}

// --- noise ---

TEST_CASE("ten million random bytes as fast as the line takes them (T-15)") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    auto getty = pty::start_with_speeds(line, "115200");
    line.expect("login: ");
    pty::Noise noise;
    const auto before = pty::cost_of(getty.id());
    const auto start = pty::Clock::now();
    constexpr std::size_t all = 10'000'000;
    constexpr std::size_t portion = 1UL << 12;
    std::string waiting;
    std::size_t taken = 0;
    while (taken < all && pty::Clock::now() - start < 240s * pty::slowness) {
        if (waiting.empty()) {
            waiting = noise.next(portion);
        }
        const auto sent = pty::send_some(line, waiting);
        waiting.erase(0, sent);
        taken += sent;
        if (sent == 0) {
            pty::let_pass(2ms);
        }
        static_cast<void>(line.take_received());
    }
    CHECK(taken >= all);
    const auto flooded = pty::Clock::now() - start;
    REQUIRE(getty.is_running());
    const auto after = pty::cost_of(getty.id());
    MESSAGE("taken " << taken << ", "
                     << (after.on_processor - before.on_processor).count() / 1'000'000 << " ms of "
                     << std::chrono::duration<double>(flooded).count() << " s, "
                     << before.written_kib << " to " << after.written_kib << " KiB");
    CHECK(after.name == "getty");
    CHECK(log_lines_of(world, getty.id()).size() <= static_cast<std::size_t>(flooded / 10s) + 1);
    if (pty::is_measured) {
        CHECK(after.on_processor - before.on_processor < flooded / 50);
        CHECK(after.written_kib <= before.written_kib + 16);
        // Of the program's own file the kernel maps 64 KiB around what is used first.
        CHECK(after.resident_kib <= before.resident_kib + 128);
    }
    // Nor does it spin after it.
    pty::let_pass(500ms);
    const auto calm = pty::cost_of(getty.id());
    pty::let_pass(2000ms);
    if (pty::is_measured) {
        CHECK(pty::cost_of(getty.id()).on_processor - calm.on_processor < 100ms);
    }
    CHECK(pty::still_serves(line, getty));
}

TEST_CASE("a flood of one key costs no more than one of noise") {
    pty::TestWorld world;
    struct Flooded {
        explicit Flooded(std::string_view key) {
            while (keys.size() < 1152) {
                keys += key;
            }
        }
        std::string keys;
        pty::Line line;
        pty::Process getty = pty::start_with_speeds(line, "115200");
        pty::ProcessCost before{};
    };
    // A prompt for each, "^C" and a prompt, the line once more, and nothing.
    std::list<Flooded> all;
    for (const auto key : {"\r"sv, "\x03"sv, "ab\x0c"sv, "\x15"sv, "x"sv, "\x1b["sv, "\xff"sv}) {
        all.emplace_back(key);
        all.back().line.expect("login: ");
        all.back().before = pty::cost_of(all.back().getty.id());
    }
    const auto start = pty::Clock::now();
    while (pty::Clock::now() - start < 5s) {
        for (const Flooded& flooded : all) {
            pty::send_some(flooded.line, flooded.keys);
        }
        pty::let_pass(100ms);
    }
    for (Flooded& flooded : all) {
        const std::string key = pty::escaped(flooded.keys.substr(0, 3));
        CAPTURE(key);
        REQUIRE(flooded.getty.is_running());
        const auto after = pty::cost_of(flooded.getty.id());
        CHECK(after.name == "getty");
        CHECK(log_lines_of(world, flooded.getty.id()).size() <= 1);
        if (pty::is_measured) {
            // One part in twenty: caches that others have used cost as much again.
            CHECK(after.on_processor - flooded.before.on_processor < 250ms);
        }
    }
}

TEST_CASE("noise on a line that takes no output: no growth (V15)") {
    const pty::TestWorld world;
    pty::Line line;
    auto getty = pty::start_with_speeds(line, "115200");
    line.expect("login: ");
    line.stop_reading();
    std::string keys;
    while (keys.size() < 1000) {
        keys += "\x03";
    }
    const auto settled = pty::cost_of(getty.id());
    const auto start = pty::Clock::now();
    while (pty::Clock::now() - start < 6s) {
        pty::send_some(line, keys);
        pty::let_pass(10ms);
    }
    REQUIRE(getty.is_running());
    if (pty::is_measured) {
        // At most what a line may leave unwritten, in a buffer that doubles.
        CHECK(pty::cost_of(getty.id()).written_kib <= settled.written_kib + 512);
    }
}

TEST_CASE("CPU limit: ^D in the middle of noise is no answer, ^D of a person is") {
    const pty::TestWorld world;
    SUBCASE("noise") {
        pty::Line line;
        auto getty = start_getty(line);
        line.expect("login: ");
        for (int times = 0; times < 20; ++times) {
            line.send("\x04\x1f\x04\xee\x15");
        }
        line.send("\x04\x1f");
        pty::let_pass(1000ms);
        CHECK(getty.is_running());
    }
    SUBCASE("a person") {
        pty::Line line;
        auto getty = start_getty(line);
        line.expect("login: ");
        line.send("ab\x15\x04");
        CHECK(getty.wait_exit() == pty::Exit{.status = 0});
    }
}

TEST_CASE("CPU limit: after a refused name one with more behind it is noise, and not shown") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    const auto getty = start_getty(line);
    line.expect("login: ");
    line.send("no name\r");
    line.expect("That cannot be a name");
    line.expect("login: ");
    line.send("ann\rQXZZXQ\r");
    line.expect("More came than anybody can type.");
    line.expect("login: ");
    CHECK(line.transcript().find_first_of("QXZ") == std::string::npos);
    // CR LF is one end of a line, here too.
    line.send("ann\r\n");
    line.expect("Password: ");
}

// --- "Growing pause after failed names" ---

TEST_CASE("growing pause after failed names, and a good one after them is served") {
    const pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    const auto getty = start_getty(line);
    line.expect("login: ");
    std::vector<pty::Clock::duration> waits;
    for (int times = 0; times < 6; ++times) {
        const auto start = pty::Clock::now();
        line.send("no name\r");
        line.expect("That cannot be a name");
        line.expect("login: ", 60'000ms);
        waits.push_back(pty::Clock::now() - start);
    }
    CHECK(*std::min_element(waits.begin(), waits.begin() + 3) < 900ms * pty::slowness);
    // Getty counts from when it woke, which may be for an earlier byte.
    constexpr auto tolerance = 50ms;
    CHECK(waits[3] >= 1s - tolerance);
    CHECK(waits[4] >= 2s - tolerance);
    CHECK(waits[5] >= 4s - tolerance);
    // Whoever types a name after that is served.
    line.send("ann\r");
    line.expect("Password: ");
}
