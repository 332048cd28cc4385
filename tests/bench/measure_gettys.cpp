#include "tests/bench/call_count.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/running.hpp"

#include <algorithm>
#include <cstdio>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

#include <sys/resource.h>
#include <utmpx.h>

namespace bench {

namespace {

using namespace std::chrono_literals;

/// What a program still does once its prompt is out, and what ours looks at a
/// moment later.
constexpr auto settling = 2ms;
constexpr auto settling_of_memory = 2500ms;

void measure_prompt(Table& table, const Program& program) {
    Running to_prompt{program.words, Start::knows_name};
    const Microseconds real = to_prompt.wait_for(prompt) - to_prompt.started();
    std::this_thread::sleep_for(settling);
    const Microseconds work = to_prompt.end();
    table.figure("work to the prompt, µs").of[program.name].add(work.count());
    table.figure("to the prompt, ms").of[program.name].add(real.count() / 1000);
}

void measure_handover(Table& table, const Program& program) {
    Running to_login{program.words, Start::knows_name};
    to_login.wait_for(prompt);
    std::this_thread::sleep_for(settling);
    const auto typed = Clock::now();
    to_login.type("ann\r");
    const Microseconds login = to_login.wait_for(arrived) - typed;
    table.figure("name typed to login exec'd, µs").of[program.name].add(login.count());
}

void count_calls(Bench& bench, Table& table, const std::vector<Program>& programs) {
    for (const Program& program : programs) {
        clear_traces(bench);
        table.figure("system calls to the prompt")
            .of[program.name]
            .add(calls_until(program.words, Start::knows_name, prompt, {}));
    }
}

std::vector<Running> start_many(const Program& program, std::size_t count, int group) {
    std::vector<Running> all;
    all.reserve(count);
    while (all.size() < count) {
        all.emplace_back(program.words, Start::knows_name, group);
    }
    return all;
}

void measure_memory(Bench& bench, Table& table, const Program& program, std::size_t count) {
    clear_traces(bench);
    std::optional<MemoryGroups::Group> group;
    if (bench.groups && count >= MemoryGroups::Group::fewest_members) {
        group.emplace(*bench.groups, program.name + "-" + std::to_string(count));
    }
    auto all = start_many(program, count, group ? group->members() : -1);
    static_cast<void>(wait_for_all(all, prompt));
    std::this_thread::sleep_for(settling_of_memory);
    Memory sum;
    for (const Running& running : all) {
        const Memory memory = memory_of(running.id());
        sum.own_kib += memory.own_kib;
        sum.share_kib += memory.share_kib;
    }
    const auto each = static_cast<double>(count);
    const std::string how_many = ", " + std::to_string(count) + " waiting, KiB each";
    table.figure("private memory (USS)" + how_many).of[program.name].add(sum.own_kib / each);
    table.figure("proportional memory (PSS)" + how_many).of[program.name].add(sum.share_kib / each);
    if (group) {
        table.figure("charged by the kernel" + how_many)
            .of[program.name]
            .add(group->charged_kib() / each);
    }
}

/// Of the lines that were started, those that have no record.
double records_lost(const Bench& bench, const std::vector<Running>& all) {
    std::set<std::string> recorded;
    for (const pty::Record& record : bench.world.utmp()) {
        if (record.type == LOGIN_PROCESS) {
            recorded.insert(record.line);
        }
    }
    return static_cast<double>(std::count_if(all.begin(), all.end(), [&](const Running& running) {
        return !recorded.contains(running.line());
    }));
}

void measure_at_once(Bench& bench, Table& table, const Program& program, std::size_t count) {
    clear_traces(bench);
    auto all = start_many(program, count, -1);
    const Microseconds time = wait_for_all(all, prompt);
    std::this_thread::sleep_for(settling);
    const std::string how_many = std::to_string(count) + " at once";
    table.figure(how_many + ", all prompts, ms").of[program.name].add(time.count() / 1000);
    if (program.name != "floor") {
        table.figure(how_many + ", utmp records lost")
            .of[program.name]
            .add(records_lost(bench, all));
    }
}

void name_targets(Table& table, const Effort& effort) {
    const std::string each = ", " + std::to_string(effort.waiting) + " waiting, KiB each";
    table.figure("work to the prompt, µs", "1.10 × libc-static, below busybox-static");
    table.figure("to the prompt, ms", "1.15 × libc-static", 2);
    table.figure("system calls to the prompt", "60");
    table.figure("private memory (USS)" + each, effort.waiting == 64 ? "65" : "");
    table.figure("proportional memory (PSS)" + each, effort.waiting == 64 ? "80" : "");
    table.figure("charged by the kernel, " + std::to_string(effort.at_once) + " waiting, KiB each",
                 effort.at_once == 256 ? "155" : "");
    table.figure("name typed to login exec'd, µs", "1.01 × libc-static");
    table.figure(std::to_string(effort.at_once) + " at once, all prompts, ms",
                 "1.15 × libc-static");
    table.figure(std::to_string(effort.at_once) + " at once, utmp records lost", "0");
}

}  // namespace

Table measure_gettys(Bench& bench) {
    Table table{.title = "getty", .floor_of = {{"ours", "libc-static"}}};
    name_targets(table, bench.effort);
    const auto programs =
        interleaved(bench, table, bench.programs.gettys(), bench.effort.runs, measure_prompt);
    static_cast<void>(interleaved(bench, table, programs, bench.effort.runs, measure_handover));
    for (const Program& program : programs) {
        table.columns.push_back({program.name, program.role});
        measure_size(table, program);
    }
    count_calls(bench, table, programs);
    std::set<std::size_t> counts{bench.effort.few, bench.effort.waiting, bench.effort.at_once};
    for (const std::size_t count : counts) {
        for (const Program& program : programs) {
            measure_memory(bench, table, program, count);
        }
    }
    for (std::size_t round = 0; round < 3; ++round) {
        for (const Program& program : programs) {
            measure_at_once(bench, table, program, bench.effort.at_once);
        }
    }
    return table;
}

}  // namespace bench
