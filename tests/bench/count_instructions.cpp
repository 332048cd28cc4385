#include "tests/bench/call_count.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/running.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace bench {

namespace {

using namespace std::chrono_literals;

constexpr const char* valgrind = "/usr/bin/valgrind";
constexpr const char* report = "/run/bench/callgrind";

std::vector<std::string> under_callgrind(const std::vector<std::string>& words) {
    std::vector<std::string> all{valgrind,
                                 "--tool=callgrind",
                                 "--callgrind-out-file=/dev/null",
                                 std::string{"--log-file="} + report};
    all.insert(all.end(), words.begin(), words.end());
    return all;
}

/// Behind "Collected :" in what callgrind says at the end.
double collected(const std::string& text) {
    constexpr std::string_view key = "Collected : ";
    const auto at = text.rfind(key);
    if (at == std::string::npos) {
        throw std::runtime_error{"callgrind counted nothing: " + text};
    }
    return std::stod(text.substr(at + key.size()));
}

double instructions_to_prompt(const Bench& bench, const Program& getty) {
    if (!std::filesystem::exists(valgrind)) {
        throw std::runtime_error{"there is no valgrind"};
    }
    Running running{under_callgrind(getty.words), Start::knows_name};
    running.wait_for(prompt, 20s);
    std::this_thread::sleep_for(200ms);
    ::kill(running.id(), SIGTERM);
    running.wait_for_end();
    return collected(bench.world.read_file(report));
}

/// Debian 12's valgrind knows no pidfd_open(2).
double instructions_of_login(const Bench& bench, const Program& login) {
    return static_cast<double>(steps_until(
        login_words(login, {"-f", "ann"}), Start::has_terminal, arrived, bench.effort.steps));
}

}  // namespace

Table count_instructions(Bench& bench) {
    Table table{.title = "instructions"};
    const auto count = [&](const std::string& figure, const Program& program, auto measure) {
        if (program.role != Role::ours) {
            return;
        }
        try {
            clear_traces(bench);
            table.figure(figure).of[program.name].add(measure(bench, program));
            const bool is_new =
                std::none_of(table.columns.begin(), table.columns.end(), [&](const Column& column) {
                    return column.name == program.name;
                });
            if (is_new) {
                table.columns.push_back({program.name, program.role});
            }
        } catch (const std::exception& problem) {
            bench.missing.push_back("instructions of " + program.name + ": " + problem.what());
        }
    };
    for (const Program& getty : bench.programs.gettys()) {
        count("getty to the prompt, by callgrind", getty, instructions_to_prompt);
    }
    for (const Program& login : bench.programs.logins()) {
        count("`login -f` until the shell is there, step by step", login, instructions_of_login);
    }
    return table;
}

}  // namespace bench
