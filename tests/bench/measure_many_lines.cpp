// One getty for many lines (--lines), beside one for each.

#include "common/syscall.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/running.hpp"
#include "tests/pty/process.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace bench {

namespace {

using namespace std::chrono_literals;

/// What a getty still does once its prompts are out.
constexpr auto settling = 50ms;
constexpr auto pause_between_names = 2ms;
/// Then ours has looked at the issue again.
constexpr auto settling_of_memory = 2500ms;
constexpr auto patience = 30s;
constexpr const char* by_one = "ours, --lines";

/// The other ends of many lines that one process serves.
class ManyLines {
  public:
    explicit ManyLines(std::size_t count) {
        while (ends_.size() < count) {
            common::UniqueFd master{common::check(
                ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK), "posix_openpt")};
            common::check(::unlockpt(master.get()), "unlockpt");
            unsigned number = 0;
            common::check(::ioctl(master.get(), TIOCGPTN, &number), "TIOCGPTN");
            words_ += (words_.empty() ? "pts/" : ",pts/") + std::to_string(number);
            ends_.push_back({.master = std::move(master)});
        }
    }

    /// For --lines.
    [[nodiscard]] const std::string& words() const { return words_; }

    /// When the text has come on all lines, after what was found before.
    Clock::time_point wait_for(std::string_view text) {
        const auto deadline = Clock::now() + patience;
        std::vector<pollfd> sources;
        do {
            sources.clear();
            for (End& end : ends_) {
                if (!end.has_shown(text)) {
                    sources.push_back({.fd = end.master.get(), .events = POLLIN, .revents = 0});
                }
            }
            if (sources.empty()) {
                const auto now = Clock::now();
                for (End& end : ends_) {
                    end.shown.clear();
                }
                return now;
            }
            ::poll(sources.data(), sources.size(), 1);
        } while (Clock::now() < deadline);
        throw std::runtime_error{std::to_string(sources.size()) + " of " +
                                 std::to_string(ends_.size()) + " lines did not show " +
                                 std::string{text}};
    }
    /// The same for one.
    Clock::time_point wait_for_one(std::size_t place, std::string_view text) {
        End& end = ends_[place];
        const auto deadline = Clock::now() + patience;
        while (Clock::now() < deadline) {
            if (end.has_shown(text)) {
                end.shown.clear();
                return Clock::now();
            }
            pollfd source{.fd = end.master.get(), .events = POLLIN, .revents = 0};
            ::poll(&source, 1, 1);
        }
        throw std::runtime_error{"line " + std::to_string(place) + " did not show " +
                                 std::string{text}};
    }

    void type(std::size_t place, std::string_view keys) const {
        common::check(::write(ends_[place].master.get(), keys.data(), keys.size()), "type");
    }

  private:
    struct End {
        common::UniqueFd master;
        std::string shown{};

        [[nodiscard]] bool has_shown(std::string_view text) {
            std::array<char, 4096> buffer{};
            for (ssize_t size = 0;
                 (size = ::read(master.get(), buffer.data(), buffer.size())) > 0;) {
                shown.append(buffer.data(), static_cast<std::size_t>(size));
            }
            return shown.find(text) != std::string::npos;
        }
    };

    std::vector<End> ends_{};
    std::string words_{};
};

/// The words that start ours on one line, for several.
pty::Process serve(const Program& ours, const ManyLines& lines, int group) {
    std::vector<std::string> words;
    for (const std::string& word : ours.words) {
        words.push_back(word == "{line}" ? lines.words() : word);
        if (word == "{line}") {
            words.insert(words.end() - 1, "--lines");
        }
    }
    return pty::Process{
        {.arguments = std::move(words), .environment = {"TERM=vt100"}, .before_exec = [group] {
             if (group >= 0 && ::write(group, "0", 1) != 1) {
                 ::_exit(1);
             }
         }}};
}

std::string of_lines(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " line" : " lines");
}

void measure_memory(Bench& bench, Table& table, const Program& ours, std::size_t count) {
    clear_traces(bench);
    std::optional<MemoryGroups::Group> group;
    if (bench.groups && count >= MemoryGroups::Group::fewest_members) {
        group.emplace(*bench.groups, "lines-" + std::to_string(count));
    }
    ManyLines lines{count};
    const auto getty = serve(ours, lines, group ? group->members() : -1);
    lines.wait_for(prompt);
    std::this_thread::sleep_for(settling_of_memory);
    const auto each = static_cast<double>(count);
    const Memory memory = memory_of(getty.id());
    table.figure("private memory (USS), " + of_lines(count) + ", KiB a line", "", 1)
        .of[by_one]
        .add(memory.own_kib / each);
    if (group) {
        table.figure("charged by the kernel, " + of_lines(count) + ", KiB a line", "", 1)
            .of[by_one]
            .add(group->charged_kib() / each);
    }
}

void measure_prompts(Bench& bench, Table& table, const Program& ours, std::size_t count) {
    clear_traces(bench);
    ManyLines lines{count};
    const auto started = Clock::now();
    const auto getty = serve(ours, lines, -1);
    const Microseconds time = lines.wait_for(prompt) - started;
    table.figure("all prompts, " + of_lines(count) + ", ms", "", 1)
        .of[by_one]
        .add(time.count() / 1000);
}

/// One name on each of some lines: after that the line is login's.
void measure_handovers(Bench& bench, Table& table, const Program& ours, std::size_t count) {
    Samples& times =
        table.figure("name typed to login exec'd, " + of_lines(count) + ", µs").of[by_one];
    while (times.count() < bench.effort.runs) {
        clear_traces(bench);
        ManyLines lines{count};
        const auto getty = serve(ours, lines, -1);
        lines.wait_for(prompt);
        std::this_thread::sleep_for(settling);
        const std::size_t names = std::min(count, bench.effort.runs - times.count());
        for (std::size_t place = 0; place < names; ++place) {
            const auto typed = Clock::now();
            lines.type(place, "ann\r");
            times.add(Microseconds{lines.wait_for_one(place, arrived) - typed}.count());
            std::this_thread::sleep_for(pause_between_names);
        }
    }
}

/// The same by a process for the line alone.
void measure_alone(Bench& bench, Table& table) {
    Figure& figure = table.figure("name typed to login exec'd, " + of_lines(1) + ", µs");
    for (std::size_t run = 0; run < bench.effort.runs; ++run) {
        for (const Program& program : bench.programs.gettys()) {
            if (program.role == Role::peer) {
                continue;
            }
            clear_traces(bench);
            Running to_login{program.words, Start::knows_name};
            to_login.wait_for(prompt);
            std::this_thread::sleep_for(pause_between_names);
            const auto typed = Clock::now();
            to_login.type("ann\r");
            figure.of[program.name].add(Microseconds{to_login.wait_for(arrived) - typed}.count());
        }
    }
}

}  // namespace

Table measure_many_lines(Bench& bench) {
    Table table{.title = "getty --lines",
                .columns = {{"floor", Role::floor},
                            {"floor-full", Role::floor},
                            {"libc-static", Role::floor},
                            {"ours", Role::ours},
                            {by_one, Role::ours}},
                .floor_of = {{by_one, "floor"}}};
    const auto& all = bench.programs.gettys();
    const auto ours =
        std::find_if(all.begin(), all.end(), [](const auto& p) { return p.name == "ours"; });
    const std::string most = of_lines(bench.effort.at_once);
    table.figure("charged by the kernel, " + most + ", KiB a line",
                 bench.effort.at_once == 256 ? "4" : "",
                 1);
    table.figure("all prompts, " + most + ", ms", bench.effort.at_once == 256 ? "45" : "", 1);
    measure_alone(bench, table);
    for (const std::size_t count : {std::size_t{1}, bench.effort.waiting, bench.effort.at_once}) {
        measure_memory(bench, table, *ours, count);
        measure_handovers(bench, table, *ours, count);
        for (std::size_t run = 0; run < std::min<std::size_t>(bench.effort.runs, 10); ++run) {
            measure_prompts(bench, table, *ours, count);
        }
    }
    return table;
}

}  // namespace bench
