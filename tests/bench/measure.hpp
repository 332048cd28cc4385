#pragma once

#include "tests/bench/memory.hpp"
#include "tests/bench/programs.hpp"
#include "tests/pty/world.hpp"

#include <optional>
#include <string>
#include <vector>

namespace bench {

/// How much of everything.
struct Effort {
    std::size_t runs = 100;
    std::size_t few = 1;               ///< processes, where memory is measured of few
    std::size_t waiting = 64;          ///< processes, where memory is measured of many
    std::size_t at_once = 256;         ///< gettys started together
    std::size_t sessions = 16;         ///< whose parents' memory is measured
    std::size_t logins = 64;           ///< started together
    std::size_t processes = 10'000;    ///< for sessions(1)
    unsigned long steps = 10'000'000;  ///< that are counted one by one, at most
};

/// What all measurements work with.
struct Bench {
    pty::World& world;
    const Programs& programs;
    const std::optional<MemoryGroups>& groups;
    Effort effort;
    Missing& missing;
};

[[nodiscard]] Table measure_gettys(Bench& bench);
/// One getty for many lines.
[[nodiscard]] Table measure_many_lines(Bench& bench);
[[nodiscard]] Table measure_logins(Bench& bench);
/// Writers of records, ours and the C library's, in each other's way.
[[nodiscard]] Table measure_records(Bench& bench);
/// Of a getty while somebody types, with the process that reads and without.
[[nodiscard]] Table measure_reader(Bench& bench);
/// What becomes of the cost as the machine grows.
[[nodiscard]] std::vector<Table> measure_growth(Bench& bench);
/// Of our programs: nearly the same in every run, whatever else goes on.
[[nodiscard]] Table count_instructions(Bench& bench);

/// A B A B, so that whatever else the machine does falls on all alike. Who cannot
/// do it is named as missing; the others are returned. Of a slow program, that
/// sleeps on its way, few runs must do.
[[nodiscard]] std::vector<Program> interleaved(Bench& bench,
                                               Table& table,
                                               std::vector<Program> programs,
                                               std::size_t runs,
                                               void (*measure)(Table&, const Program&));

/// Its segments in its own file: no libraries, no symbols.
void measure_size(Table& table, const Program& program);

/// Records and log as they are on a machine that has just been started.
void clear_traces(Bench& bench);
/// The program's words with {name} replaced.
[[nodiscard]] std::vector<std::string> login_words(const Program& program,
                                                   const std::vector<std::string>& name);
/// A getty's prompt, what arrival.c says, what every login asks.
constexpr const char* prompt = "login:";
constexpr const char* arrived = "ARRIVED";
constexpr const char* question = "assword:";

}  // namespace bench
