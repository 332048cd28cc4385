#include "tests/pty/dialogue.hpp"
#include "tests/pty/noise.hpp"
#include "tests/pty/process_cost.hpp"
#include "tests/pty/test_world.hpp"

#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

const pty::Account ann{.name = "ann", .user = 1001, .password = "secret"};

std::chrono::milliseconds as_milliseconds(std::chrono::seconds time) {
    return time;
}

std::chrono::seconds noise_time() {
    const char* const seconds = std::getenv("TTYGATE_NOISE_SECONDS");
    return std::chrono::seconds{seconds != nullptr ? std::stoi(seconds) : 20};
}

}  // namespace

TEST_CASE("random bytes at a prompt at 115200 baud: no exit, no growth, next to no CPU (T-15)") {
    pty::TestWorld world;
    choose_gate(world, pty::Gate::shadow);
    add_person(world, ann);
    pty::Line line;
    auto getty = pty::start_with_speeds(line, "115200");
    line.expect("login: ");
    pty::Noise noise;
    std::size_t sent = 0;
    std::size_t received = 0;
    const auto make_noise = [&](std::chrono::seconds time) {
        constexpr auto interval = 10ms;
        constexpr std::size_t bytes_a_second = 11'520;
        const auto start = pty::Clock::now();
        std::size_t sent_now = 0;
        for (auto now = start; now - start < time; now = pty::Clock::now()) {
            const auto due = static_cast<std::size_t>(
                std::chrono::duration<double>(now - start).count() * bytes_a_second);
            pty::send_some(line, noise.next(due - sent_now));
            sent_now = due;
            pty::let_pass(interval);
            received += line.take_received().size();
        }
        sent += sent_now;
    };
    // What is needed for the first time, a page of code or of the stack, is no growth.
    make_noise(5s);
    const auto time = noise_time();
    const auto before = pty::cost_of(getty.id());
    make_noise(time);
    REQUIRE(getty.is_running());
    const auto after = pty::cost_of(getty.id());
    MESSAGE("sent " << sent << ", received " << received << ", "
                    << (after.on_processor - before.on_processor).count() / 1'000'000 << " ms of "
                    << time.count() << " s, " << before.written_kib << " to " << after.written_kib
                    << " KiB, " << log_lines_of(world, getty.id()).size() << " log lines");
    CHECK(after.name == "getty");
    CHECK(log_lines_of(world, getty.id()).size() <= static_cast<std::size_t>(time / 10s) + 1);
    if (pty::is_measured) {
        CHECK(after.processor - before.processor <= as_milliseconds(time) / 100);
        CHECK(after.on_processor - before.on_processor < as_milliseconds(time) / 100);
        CHECK(after.resident_kib <= before.resident_kib + 16);
        CHECK(after.written_kib <= before.written_kib + 16);
    }
    CHECK(pty::still_serves(line, getty));
}
