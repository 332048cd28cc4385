#include "tests/bench/measure.hpp"
#include "tests/bench/running.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

namespace bench {

namespace {

using namespace std::chrono_literals;

/// What the first key starts is there by then.
constexpr auto settling = 2ms;
constexpr auto settling_of_memory = 2500ms;

void measure_keys(Table& table, const Program& program) {
    Running getty{program.words, Start::knows_name};
    const Microseconds shown = getty.wait_for(prompt) - getty.started();
    table.figure("to the prompt, ms").of[program.name].add(shown.count() / 1000);
    std::this_thread::sleep_for(settling);
    auto typed = Clock::now();
    getty.type("a");
    const Microseconds first = getty.wait_for("a") - typed;
    table.figure("first key to its echo, µs").of[program.name].add(first.count());
    std::this_thread::sleep_for(settling);
    typed = Clock::now();
    getty.type("n");
    const Microseconds next = getty.wait_for("n") - typed;
    table.figure("next key to its echo, µs").of[program.name].add(next.count());
    std::this_thread::sleep_for(settling);
    typed = Clock::now();
    getty.type("n\r");
    const Microseconds login = getty.wait_for(arrived) - typed;
    table.figure("last key to login exec'd, µs").of[program.name].add(login.count());
}

void measure_pasted(Table& table, const Program& program) {
    Running getty{program.words, Start::knows_name};
    getty.wait_for(prompt);
    std::this_thread::sleep_for(settling);
    const auto typed = Clock::now();
    getty.type("ann\r");
    const Microseconds login = getty.wait_for(arrived) - typed;
    table.figure("name typed at once to login exec'd, µs").of[program.name].add(login.count());
}

/// Once at the prompt, once with half a name.
void measure_memory(Bench& bench, Table& table, const Program& program) {
    if (!bench.groups) {
        return;
    }
    clear_traces(bench);
    const std::size_t count = bench.effort.waiting;
    const MemoryGroups::Group group{*bench.groups, program.name + "-typing"};
    std::vector<Running> all;
    all.reserve(count);
    while (all.size() < count) {
        all.emplace_back(program.words, Start::knows_name, group.members());
    }
    static_cast<void>(wait_for_all(all, prompt));
    std::this_thread::sleep_for(settling_of_memory);
    const auto each = static_cast<double>(count);
    const std::string lines = std::to_string(count) + " lines, charged by the kernel, KiB each";
    table.figure("at the prompt, " + lines).of[program.name].add(group.charged_kib() / each);
    for (const Running& getty : all) {
        getty.type("an");
    }
    static_cast<void>(wait_for_all(all, "an"));
    std::this_thread::sleep_for(settling_of_memory);
    table.figure("with half a name, " + lines).of[program.name].add(group.charged_kib() / each);
}

}  // namespace

/// What it costs that a process without power reads what is typed.
Table measure_reader(Bench& bench) {
    Table table{.title = "who reads the name", .floor_of = {{"ours", "ours --no-sandbox"}}};
    std::vector<Program> programs;
    for (const Program& program : bench.programs.gettys()) {
        if (program.role == Role::ours) {
            programs.push_back(program);
            Program without = program;
            without.name += " --no-sandbox";
            without.role = Role::floor;
            without.words.insert(without.words.begin() + 1, "--no-sandbox");
            programs.push_back(without);
        } else if (program.name == "agetty") {
            programs.push_back(program);
        }
    }
    programs = interleaved(bench, table, std::move(programs), bench.effort.runs, measure_keys);
    programs = interleaved(bench, table, std::move(programs), bench.effort.runs, measure_pasted);
    for (const Program& program : programs) {
        table.columns.push_back({program.name, program.role});
        measure_memory(bench, table, program);
    }
    return table;
}

}  // namespace bench
