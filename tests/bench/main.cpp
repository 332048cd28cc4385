// Our programs, their peers and the least there can be, measured side by side.

#include "common/json.hpp"
#include "tests/bench/log_daemon.hpp"
#include "tests/bench/measure.hpp"
#include "tests/pty/isolation.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <fstream>
#include <span>
#include <string_view>
#include <thread>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace {

using bench::Bench;
using bench::Table;

constexpr int skipped = 77;

/// Of "secret", by yescrypt as Debian 12 makes them.
constexpr const char* dear_hash =
    "$y$j9T$abcdefghijklmnopqrstu1$GlQwT/EQP1axBM3aasX7Rs1qYe36BkJ0pNJ85R3q8SB";

constexpr const char* usage =
    "usage: bench [--short] [--runs N] [--least] [--json FILE]\n"
    "             [--only getty|lines|reader|login|records|growth|instructions]\n"
    "  --least  show the least of all runs, for a machine that is busy, not the median\n";

constexpr bench::Effort short_effort{.runs = 20,
                                     .few = 16,
                                     .waiting = 16,
                                     .at_once = 16,
                                     .sessions = 16,
                                     .logins = 16,
                                     .processes = 1000,
                                     .steps = 200'000};

struct Options {
    bench::Effort effort{};
    double part = 0.5;  ///< quantile to show
    std::string only{};
    std::string json{};
};

[[noreturn]] void refuse() {
    std::fputs(usage, stderr);
    std::exit(1);
}

Options parse(std::span<char*> words) {
    Options options;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = words[i];
        if (word == "--short") {
            options.effort = short_effort;
            continue;
        }
        if (word == "--least") {
            options.part = 0;
            continue;
        }
        if (i + 1 == words.size()) {
            refuse();
        }
        const std::string_view value = words[++i];
        if (word == "--json") {
            // Written from inside a World, where names lead elsewhere.
            options.json = value;
        } else if (word == "--only") {
            options.only = value;
        } else if (word != "--runs" ||
                   std::from_chars(value.data(), value.data() + value.size(), options.effort.runs)
                           .ec != std::errc{} ||
                   options.effort.runs == 0) {
            refuse();
        }
    }
    return options;
}

std::string first_line(const char* path) {
    std::ifstream file{path};
    std::string line;
    std::getline(file, line);
    return line;
}

/// What the figures were measured on, and what else was going on.
std::string machine() {
    utsname names{};
    ::uname(&names);
    return std::string{static_cast<const char*>(names.sysname)} + " " +
           static_cast<const char*>(names.release) + ", " +
           std::to_string(std::thread::hardware_concurrency()) + " processors, load " +
           first_line("/proc/loadavg");
}

std::string report(const std::string& before,
                   const Options& options,
                   const std::vector<Table>& tables,
                   const bench::Missing& missing) {
    std::string text = "{\n\"machine\": " + common::json_string(before) +
                       ",\n\"runs\": " + std::to_string(options.effort.runs);
    for (const Table& table : tables) {
        text += ",\n" + as_json(table);
    }
    text += ",\n\"not measured\": [";
    std::string next;
    for (const std::string& what : missing) {
        text += next + "\n  " + common::json_string(what);
        next = ",";
    }
    return text + "]\n}\n";
}

void furnish(const pty::World& world) {
    world.write_file("/etc/issue", "Debian GNU/Linux 12 \\n \\l\n\n");
    world.add_user({.name = "ann",
                    .password_field = pty::hashed("secret", "$6$"),
                    .shell = bench::Programs::arrival()});
    world.add_user({.name = "eve",
                    .user = 1001,
                    .password_field = dear_hash,
                    .shell = bench::Programs::arrival()});
    world.write_file("/etc/shells", bench::Programs::arrival() + "\n");
}

/// 256 lines have three descriptors each, and a crowd is one.
void raise_limits() {
    for (const auto resource : {RLIMIT_NOFILE, RLIMIT_NPROC}) {
        rlimit limit{};
        ::getrlimit(resource, &limit);
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(resource, &limit);
    }
}

int measure(const Options& options) {
    raise_limits();
    // Short sleeps are short.
    ::prctl(PR_SET_TIMERSLACK, 1);
    bench::Missing missing;
    const bench::Programs programs{missing};
    std::string no_groups;
    const auto groups = bench::MemoryGroups::find(no_groups);
    if (!groups) {
        missing.push_back("memory charged by the kernel: " + no_groups);
    }
    std::FILE* const json = options.json.empty() ? nullptr : std::fopen(options.json.c_str(), "we");
    if (json == nullptr && !options.json.empty()) {
        std::perror(options.json.c_str());
        return 1;
    }
    const std::string before = machine();
    std::printf("%s; %zu runs\n\n", before.c_str(), options.effort.runs);

    std::vector<Table> tables;
    const auto is_wanted = [&](std::string_view part) {
        return options.only.empty() || options.only == part;
    };
    const auto show = [&](Table table) {
        table.part = options.part;
        std::printf("%s\n", shown(table).c_str());
        std::fflush(stdout);
        tables.push_back(std::move(table));
    };
    {
        pty::World world;
        programs.install();
        furnish(world);
        const bench::LogDaemon log{world};
        Bench all{world, programs, groups, options.effort, missing};
        if (is_wanted("getty")) {
            show(measure_gettys(all));
        }
        if (is_wanted("lines")) {
            show(measure_many_lines(all));
        }
        if (is_wanted("reader")) {
            show(measure_reader(all));
        }
        if (is_wanted("login")) {
            show(measure_logins(all));
        }
        if (is_wanted("records")) {
            show(measure_records(all));
        }
        if (is_wanted("growth")) {
            for (Table& table : measure_growth(all)) {
                show(std::move(table));
            }
        }
        if (is_wanted("instructions")) {
            show(count_instructions(all));
        }
    }
    for (const std::string& what : missing) {
        std::printf("not measured: %s\n", what.c_str());
    }
    std::printf("load at the end: %s\n", first_line("/proc/loadavg").c_str());
    if (json != nullptr) {
        std::fputs(report(before, options, tables, missing).c_str(), json);
        if (std::fclose(json) != 0) {
            std::perror(options.json.c_str());
            return 1;
        }
    }
    return 0;
}

}  // namespace

namespace bench {

void clear_traces(Bench& bench) {
    for (const char* const file : {"/run/utmp", "/var/log/wtmp", "/var/log/lastlog"}) {
        if (::truncate(file, 0) != 0) {
            std::perror(file);
        }
    }
    static_cast<void>(bench.world.log_lines());
}

}  // namespace bench

int main(int argc, char** argv) {
    const Options options = parse({argv + 1, static_cast<std::size_t>(argc) - 1});
    if (const auto reason = pty::why_not_isolated()) {
        std::fprintf(stderr, "skipped: %s\n", reason->c_str());
        return skipped;
    }
    return pty::run_isolated([&options] { return measure(options); });
}
