#include "tests/bench/call_count.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/running.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>

#include <utmpx.h>

namespace bench {

namespace {

using namespace std::chrono_literals;

constexpr auto settling = 2ms;
constexpr auto settling_of_memory = 200ms;

const std::vector<std::string> known{"-f", "ann"};
const std::vector<std::string> cheap{"ann"};
const std::vector<std::string> dear{"eve"};

/// It only waits.
constexpr const char* parent_only = "floor-parent";

bool is_parent_only(const Program& program) {
    return program.name == parent_only;
}

void leave(Running& login) {
    login.type("x\n");
    login.wait_for_end();
}

void measure_known(Table& table, const Program& program) {
    Running login{login_words(program, known), Start::has_terminal};
    const Microseconds time = login.wait_for(arrived) - login.started();
    table.figure("`-f`: exec to the shell, µs").of[program.name].add(time.count());
    leave(login);
}

void measure_password(Table& table, const Program& program) {
    Running login{login_words(program, cheap), Start::has_terminal};
    const Microseconds asked = login.wait_for(question) - login.started();
    table.figure("exec to `Password:`, µs").of[program.name].add(asked.count());
    std::this_thread::sleep_for(settling);
    const auto typed = Clock::now();
    login.type("secret\r");
    const Microseconds time = login.wait_for(arrived) - typed;
    table.figure("password to the shell, cheap hash, µs").of[program.name].add(time.count());
    leave(login);
}

void measure_dear_password(Table& table, const Program& program) {
    Running login{login_words(program, dear), Start::has_terminal};
    login.wait_for(question);
    std::this_thread::sleep_for(settling);
    const auto typed = Clock::now();
    login.type("secret\r");
    const Microseconds time = login.wait_for(arrived) - typed;
    table.figure("password to the shell, yescrypt, ms").of[program.name].add(time.count() / 1000);
    leave(login);
}

void count_calls(Bench& bench, Table& table, const std::vector<Program>& programs) {
    for (const Program& program : programs) {
        clear_traces(bench);
        table.figure("system calls for `-f`")
            .of[program.name]
            .add(calls_until(
                login_words(program, known), Start::has_terminal, arrived, Programs::arrival()));
    }
}

std::vector<Running> start_many(const Program& program, std::size_t count) {
    std::vector<Running> all;
    all.reserve(count);
    while (all.size() < count) {
        all.emplace_back(login_words(program, known), Start::has_terminal);
    }
    return all;
}

bool is_shell(pid_t process) {
    std::error_code problem;
    return std::filesystem::read_symlink("/proc/" + std::to_string(process) + "/exe", problem) ==
           Programs::arrival();
}

void measure_memory(Bench& bench, Table& table, const Program& program) {
    clear_traces(bench);
    const std::size_t count = bench.effort.sessions;
    auto all = start_many(program, count);
    static_cast<void>(wait_for_all(all, arrived));
    std::this_thread::sleep_for(settling_of_memory);
    double sum = 0;
    for (const Running& login : all) {
        // Who became the shell waits for nobody.
        sum += is_shell(login.id()) ? 0 : memory_of(login.id()).own_kib;
    }
    table
        .figure("private memory of the waiting parent, " + std::to_string(count) + " sessions, KiB")
        .of[program.name]
        .add(sum / static_cast<double>(count));
}

double count_users(const std::vector<pty::Record>& records) {
    return static_cast<double>(
        std::count_if(records.begin(), records.end(), [](const pty::Record& r) {
            return r.type == USER_PROCESS;
        }));
}

void measure_at_once(Bench& bench, Table& table, const Program& program) {
    clear_traces(bench);
    const std::size_t count = bench.effort.logins;
    const std::string how_many = std::to_string(count) + " at once, ";
    auto all = start_many(program, count);
    const Microseconds time = wait_for_all(all, arrived);
    std::this_thread::sleep_for(settling_of_memory);
    const double recorded = count_users(bench.world.wtmp());
    for (Running& login : all) {
        login.type("x\n");
    }
    for (Running& login : all) {
        login.wait_for_end();
    }
    table.figure(how_many + "all shells, ms").of[program.name].add(time.count() / 1000);
    table.figure(how_many + "wtmp records lost")
        .of[program.name]
        .add(static_cast<double>(count) - recorded);
    table.figure(how_many + "utmp records left after logout")
        .of[program.name]
        .add(count_users(bench.world.utmp()));
}

void name_targets(Table& table, const Effort& effort) {
    table.figure("`-f`: exec to the shell, µs", "1.20 × floor-crypt; PAM 1.10 × floor-pam");
    table.figure("exec to `Password:`, µs", "1.19 × floor-crypt; PAM 1.10 × floor-pam");
    table.figure("password to the shell, cheap hash, µs",
                 "1.21 × floor-crypt; PAM 1.15 × floor-pam");
    table.figure("password to the shell, yescrypt, ms", "floor + 0.3", 2);
    table.figure("system calls for `-f`", "100; PAM 350");
    table.figure("private memory of the waiting parent, " + std::to_string(effort.sessions) +
                     " sessions, KiB",
                 "56; PAM 200");
    const std::string how_many = std::to_string(effort.logins) + " at once, ";
    table.figure(how_many + "all shells, ms", "1.24 × floor-crypt; PAM 1.04 × floor-pam");
    table.figure(how_many + "wtmp records lost", "0");
    table.figure(how_many + "utmp records left after logout", "0");
}

}  // namespace

std::vector<std::string> login_words(const Program& program, const std::vector<std::string>& name) {
    std::vector<std::string> words;
    for (const std::string& word : program.words) {
        if (word == "{name}") {
            words.insert(words.end(), name.begin(), name.end());
        } else {
            words.push_back(word);
        }
    }
    return words;
}

Table measure_logins(Bench& bench) {
    Table table{.title = "login",
                .floor_of = {{"ours, shadow gate", "floor-crypt"}, {"ours, PAM", "floor-pam"}}};
    name_targets(table, bench.effort);
    std::vector<Program> programs = bench.programs.logins();
    for (const Program& program : programs) {
        measure_memory(bench, table, program);
    }
    programs.erase(std::remove_if(programs.begin(), programs.end(), is_parent_only),
                   programs.end());
    programs = interleaved(bench, table, programs, bench.effort.runs, measure_known);
    for (const Program& program : programs) {
        table.columns.push_back({program.name, program.role});
        measure_size(table, program);
    }
    table.columns.push_back({parent_only, Role::floor});
    count_calls(bench, table, programs);
    static_cast<void>(interleaved(bench, table, programs, bench.effort.runs, measure_password));
    static_cast<void>(
        interleaved(bench, table, programs, bench.effort.runs, measure_dear_password));
    for (std::size_t round = 0; round < 3; ++round) {
        for (const Program& program : programs) {
            measure_at_once(bench, table, program);
        }
    }
    return table;
}

}  // namespace bench
