#include "common/syscall.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/running.hpp"
#include "tests/pty/process.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmpx.h>

namespace bench {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t rounds = 9;
constexpr auto settling = 2ms;

const Program& named(const std::vector<Program>& programs, const std::string& name) {
    const auto found = std::find_if(
        programs.begin(), programs.end(), [&](const Program& p) { return p.name == name; });
    if (found == programs.end()) {
        throw std::runtime_error{"there is no " + name};
    }
    return *found;
}

std::vector<Program> our_logins(const Bench& bench) {
    std::vector<Program> ours;
    std::copy_if(bench.programs.logins().begin(),
                 bench.programs.logins().end(),
                 std::back_inserter(ours),
                 [](const Program& program) { return program.role == Role::ours; });
    return ours;
}

Microseconds work_to_prompt(const Program& getty) {
    Running running{getty.words, Start::knows_name};
    running.wait_for(prompt);
    std::this_thread::sleep_for(settling);
    return running.end();
}

Microseconds time_to_shell(const Program& login) {
    Running running{login_words(login, {"-f", "ann"}), Start::has_terminal};
    const Microseconds time = running.wait_for(arrived) - running.started();
    running.type("x\n");
    running.wait_for_end();
    return time;
}

Table growth_of_gettys(Bench& bench) {
    Table table{.title = "gettys at once, ms until all prompts"};
    for (const char* const name : {"libc-static", "ours"}) {
        table.columns.push_back({name});
    }
    for (const std::size_t count : {1UL, 16UL, 64UL, 256UL}) {
        Figure& figure = table.figure(std::to_string(count), {}, 2);
        for (std::size_t round = 0; round < rounds; ++round) {
            for (const Column& column : table.columns) {
                clear_traces(bench);
                std::vector<Running> all;
                for (std::size_t i = 0; i < count; ++i) {
                    all.emplace_back(named(bench.programs.gettys(), column.name).words,
                                     Start::knows_name);
                }
                figure.of[column.name].add(wait_for_all(all, prompt).count() / 1000);
            }
        }
    }
    return table;
}

Table growth_of_logins(Bench& bench) {
    Table table{.title = "`login -f` at once, ms until all shells"};
    const auto logins = our_logins(bench);
    for (const Program& login : logins) {
        table.columns.push_back({login.name});
    }
    for (const std::size_t count : {1UL, 16UL, 64UL}) {
        Figure& figure = table.figure(std::to_string(count), {}, 2);
        for (std::size_t round = 0; round < rounds; ++round) {
            for (const Program& login : logins) {
                clear_traces(bench);
                std::vector<Running> all;
                for (std::size_t i = 0; i < count; ++i) {
                    all.emplace_back(login_words(login, {"-f", "ann"}), Start::has_terminal);
                }
                figure.of[login.name].add(wait_for_all(all, arrived).count() / 1000);
            }
        }
    }
    return table;
}

/// Of sessions that have ended, as a machine with that many lines keeps them.
void fill_utmp(std::size_t count) {
    std::ofstream file{"/run/utmp", std::ios::binary | std::ios::trunc};
    for (std::size_t i = 0; i < count; ++i) {
        utmpx record{};
        record.ut_type = DEAD_PROCESS;
        const std::string line = "x/" + std::to_string(i);
        std::memcpy(record.ut_line, line.data(), line.size());
        const std::string id = std::to_string(i);
        std::memcpy(record.ut_id, id.data(), std::min(id.size(), sizeof record.ut_id));
        std::array<char, sizeof record> bytes{};
        std::memcpy(bytes.data(), &record, sizeof record);
        file.write(bytes.data(), bytes.size());
    }
}

Table growth_with_utmp(Bench& bench) {
    Table table{.title = "records in utmp"};
    const Program& getty = named(bench.programs.gettys(), "ours");
    const auto logins = our_logins(bench);
    table.columns.push_back({"getty: work to the prompt, µs"});
    for (const Program& login : logins) {
        table.columns.push_back({login.name + ": `-f` to the shell, µs"});
    }
    for (const std::size_t count : {10UL, 100UL, 1000UL, 10'000UL}) {
        Figure& figure = table.figure(std::to_string(count));
        for (std::size_t round = 0; round < rounds; ++round) {
            fill_utmp(count);
            figure.of[table.columns.front().name].add(work_to_prompt(getty).count());
            for (std::size_t i = 0; i < logins.size(); ++i) {
                fill_utmp(count);
                figure.of[table.columns[i + 1].name].add(time_to_shell(logins[i]).count());
            }
        }
    }
    clear_traces(bench);
    return table;
}

Table growth_with_issue(Bench& bench) {
    Table table{.title = "escapes in the issue"};
    const std::string before = bench.world.read_file("/etc/issue");
    const std::string column = "getty: work to the prompt, µs";
    table.columns.push_back({column});
    for (const std::size_t count : {0UL, 1UL, 10UL, 100UL}) {
        constexpr const char* escapes = R"(\n\l\r\s\m\d\t\U\S\o)";
        std::string issue = "Box\n";
        for (std::size_t i = 0; i < count; ++i) {
            issue += std::string{escapes + 2 * (i % 10), 2} + (i % 10 == 9 ? "\n" : " ");
        }
        bench.world.write_file("/etc/issue", issue + "\n");
        for (std::size_t round = 0; round < rounds; ++round) {
            table.figure(std::to_string(count))
                .of[column]
                .add(work_to_prompt(named(bench.programs.gettys(), "ours")).count());
        }
    }
    bench.world.write_file("/etc/issue", before);
    return table;
}

/// Processes that do nothing, in sessions of ten.
class Crowd {
  public:
    explicit Crowd(std::size_t count) {
        const std::string program = Programs::arrival();
        std::array<int, 2> ends{};
        common::check(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
        input_ = common::UniqueFd{ends[0]};
        output_ = common::UniqueFd{ends[1]};
        while (members_.size() < count) {
            const bool leads = members_.size() % 10 == 0;
            // NOLINTBEGIN(clang-analyzer-security.insecureAPI.vfork,clang-analyzer-unix.Vfork)
            const pid_t member = ::vfork();
            if (member == 0) {
                if (leads) {
                    ::setsid();
                }
                ::dup2(input_.get(), STDIN_FILENO);
                ::close(STDOUT_FILENO);
                ::execl(program.c_str(), "crowd", nullptr);
                ::_exit(127);
            }
            // NOLINTEND(clang-analyzer-security.insecureAPI.vfork,clang-analyzer-unix.Vfork)
            if (member < 0) {
                throw std::runtime_error{"only " + std::to_string(members_.size()) +
                                         " processes can be started"};
            }
            members_.push_back(member);
        }
    }
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;
    Crowd(Crowd&&) = delete;
    Crowd& operator=(Crowd&&) = delete;
    ~Crowd() {
        // At the end of their input they leave.
        output_.reset();
        for (const pid_t member : members_) {
            ::waitpid(member, nullptr, 0);
        }
    }

  private:
    common::UniqueFd input_;
    common::UniqueFd output_;
    std::vector<pid_t> members_;
};

Microseconds time_of(const std::vector<std::string>& command) {
    const auto begun = Clock::now();
    const auto finished =
        pty::run({.arguments = command, .environment = {"PATH=/usr/bin:/bin"}}, 60s);
    if (finished.exit != pty::Exit{.status = 0}) {
        throw std::runtime_error{command.front() + ": " + finished.output};
    }
    return Clock::now() - begun;
}

Table growth_of_sessions(Bench& bench) {
    Table table{.title = "processes", .columns = {{"sessions(1), ms"}, {"ps -e, ms"}}};
    const std::vector<std::string> list{
        "/bin/ps", "-e", "-o", "pid,ppid,pgid,sid,tpgid,tty,stat,comm"};
    for (std::size_t count = 10; count <= bench.effort.processes; count *= 10) {
        const Crowd crowd{count};
        Figure& figure = table.figure(std::to_string(count), {}, 1);
        for (std::size_t round = 0; round < rounds; ++round) {
            figure.of["sessions(1), ms"].add(time_of({Programs::sessions()}).count() / 1000);
            figure.of["ps -e, ms"].add(time_of(list).count() / 1000);
        }
    }
    return table;
}

}  // namespace

std::vector<Table> measure_growth(Bench& bench) {
    std::vector<Table> tables;
    using Measure = Table (*)(Bench&);
    constexpr std::array<Measure, 5> measures{growth_of_gettys,
                                              growth_of_logins,
                                              growth_with_utmp,
                                              growth_with_issue,
                                              growth_of_sessions};
    for (const Measure measure : measures) {
        try {
            tables.push_back(measure(bench));
        } catch (const std::exception& problem) {
            bench.missing.push_back(std::string{"growth: "} + problem.what());
        }
    }
    return tables;
}

}  // namespace bench
