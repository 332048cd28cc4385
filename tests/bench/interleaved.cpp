#include "tests/bench/measure.hpp"
#include "tests/bench/running.hpp"

#include <algorithm>
#include <exception>
#include <set>

namespace bench {

namespace {

using namespace std::chrono_literals;

constexpr auto slow = 80ms;
constexpr std::size_t one_of_slow = 20;  ///< of so many runs, but three at least

}  // namespace

std::vector<Program> interleaved(Bench& bench,
                                 Table& table,
                                 std::vector<Program> programs,
                                 std::size_t runs,
                                 void (*measure)(Table&, const Program&)) {
    const std::size_t runs_of_slow = std::max<std::size_t>(runs / one_of_slow, 3);
    std::set<std::string> slow_ones;
    for (std::size_t run = 0; run < runs; ++run) {
        for (auto program = programs.begin(); program != programs.end();) {
            if (run >= runs_of_slow && slow_ones.contains(program->name)) {
                ++program;
                continue;
            }
            clear_traces(bench);
            try {
                const auto begun = Clock::now();
                measure(table, *program);
                if (Clock::now() - begun > slow) {
                    slow_ones.insert(program->name);
                }
                ++program;
            } catch (const std::exception& problem) {
                bench.missing.push_back(program->words.front() + ": " + problem.what());
                program = programs.erase(program);
            }
        }
    }
    return programs;
}

}  // namespace bench
