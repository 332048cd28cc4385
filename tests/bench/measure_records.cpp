#include "common/record.hpp"
#include "common/record_file.hpp"
#include "common/syscall.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/running.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <span>
#include <stdexcept>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>
#include <utmpx.h>

namespace bench {

namespace {

/// Of one writer alone; of more, all together do twice as many.
constexpr std::size_t most_updates = 2000;
constexpr const char* utmp = "/run/utmp";
constexpr const char* wtmp = "/var/log/wtmp";

/// One way to write a record; whether it was taken.
struct Writer {
    const char* column;
    const char* file;
    bool (*write)(const utmpx& record);
};

bool put_by_libc(const utmpx& record) {
    ::setutxent();
    const bool is_taken = ::pututxline(&record) != nullptr;
    ::endutxent();
    return is_taken;
}

/// 250 ms is all that ours wait for each other.
template <typename Write>
bool is_taken(Write write) {
    try {
        write();
        return true;
    } catch (const common::RecordLocked&) {
        return false;
    }
}

bool put_ours(const utmpx& record) {
    return is_taken([&] { common::put_record(record, utmp); });
}

/// It says nothing.
bool append_by_libc(const utmpx& record) {
    ::updwtmpx(wtmp, &record);
    return true;
}

bool append_ours(const utmpx& record) {
    return is_taken([&] { common::append_record(record, wtmp); });
}

constexpr std::array writers{Writer{"glibc", utmp, put_by_libc},
                             Writer{"ours", utmp, put_ours},
                             Writer{"glibc", wtmp, append_by_libc},
                             Writer{"ours", wtmp, append_ours}};

/// What one writer has done, in memory that all see.
struct Work {
    std::uint64_t taken = 0;                          ///< updates
    std::int64_t last_taken = 0;                      ///< its number
    std::array<std::uint64_t, most_updates> times{};  ///< nanoseconds, of every update
};

class Board {
  public:
    explicit Board(std::size_t count) : count_(count) {
        void* const place =
            ::mmap(nullptr, size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        common::check(place == MAP_FAILED ? -1 : 0, "share memory");
        place_ = place;
    }
    Board(const Board&) = delete;
    Board& operator=(const Board&) = delete;
    Board(Board&&) = delete;
    Board& operator=(Board&&) = delete;
    ~Board() { ::munmap(place_, size()); }

    [[nodiscard]] std::span<Work> work() const { return {static_cast<Work*>(place_), count_}; }
    [[nodiscard]] std::atomic<bool>& begins() const {
        return *static_cast<std::atomic<bool>*>(static_cast<void*>(work().data() + count_));
    }

  private:
    [[nodiscard]] std::size_t size() const { return (count_ + 1) * sizeof(Work); }

    std::size_t count_;
    void* place_ = nullptr;
};

std::string line_of(std::size_t writer) {
    return "x/" + std::to_string(writer);
}

utmpx record_of(std::size_t writer) {
    utmpx record{};
    record.ut_type = LOGIN_PROCESS;
    record.ut_pid = ::getpid();
    const std::string line = line_of(writer);
    std::memcpy(record.ut_line, line.data(), line.size());
    const std::string id = std::to_string(writer);
    std::memcpy(record.ut_id, id.data(), std::min(id.size(), sizeof record.ut_id));
    return record;
}

[[noreturn]] void write_all(const Writer& writer,
                            std::size_t number,
                            Work& work,
                            std::size_t updates,
                            const std::atomic<bool>& begins) noexcept {
    utmpx record = record_of(number);
    while (!begins) {
        ::usleep(100);
    }
    for (std::uint64_t& time : std::span{work.times}.first(updates)) {
        ++record.ut_exit.e_exit;
        const auto begun = Clock::now();
        const bool is_taken = writer.write(record);
        time = static_cast<std::uint64_t>((Clock::now() - begun).count());
        if (is_taken) {
            ++work.taken;
            work.last_taken = record.ut_exit.e_exit;
        }
    }
    ::_exit(0);
}

/// Of what was said to be taken: of wtmp records, of utmp lines with an older one.
std::size_t lost(const Writer& writer, std::span<const Work> all) {
    const auto records = common::read_records(writer.file);
    if (writer.file == wtmp) {
        std::size_t taken = 0;
        for (const Work& work : all) {
            taken += work.taken;
        }
        return taken - std::min(taken, records.size());
    }
    std::size_t count = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const std::string line = line_of(i);
        const bool is_there = std::any_of(records.begin(), records.end(), [&](const utmpx& record) {
            return common::text_of(record.ut_line) == line &&
                   record.ut_exit.e_exit >= all[i].last_taken;
        });
        count += is_there ? 0 : 1;
    }
    return count;
}

void measure(Bench& bench, Table& table, const Writer& writer, std::size_t count) {
    clear_traces(bench);
    const Board board{count};
    const std::size_t each = count == 1 ? most_updates : 2 * most_updates / count;
    std::vector<pid_t> children;
    for (std::size_t i = 0; i < count; ++i) {
        const pid_t child = common::check(::fork(), "fork");
        if (child == 0) {
            write_all(writer, i, board.work()[i], each, board.begins());
        }
        children.push_back(child);
    }
    const auto begun = Clock::now();
    board.begins() = true;
    bool good = true;
    for (const pid_t child : children) {
        int status = 0;
        ::waitpid(child, &status, 0);
        good = good && status == 0;
    }
    const Microseconds all = Clock::now() - begun;
    if (!good) {
        throw std::runtime_error{std::string{"a writer of "} + writer.file + " failed"};
    }
    Samples times;
    std::size_t taken = 0;
    for (const Work& work : board.work()) {
        taken += work.taken;
        for (const std::uint64_t time : std::span{work.times}.first(each)) {
            times.add(static_cast<double>(time) / 1000);
        }
    }
    const std::size_t updates = count * each;
    const bool is_utmp = writer.file == utmp;
    const std::string name = std::string{is_utmp ? "utmp" : "wtmp"} + ", " + std::to_string(count) +
                             (count == 1 ? " writer: " : " writers: ");
    const auto add = [&](const std::string& what, const char* target, int decimals, double value) {
        table.figure(name + what, target, decimals).of[writer.column].add(value);
    };
    add("an update, all in all, µs",
        is_utmp ? "0.5 × glibc" : "1 × glibc",
        1,
        all.count() / static_cast<double>(updates));
    add("an update, median, µs", "5", 1, times.median());
    add("an update, 99.9 of 100, µs", "glibc's, and 30,000", 0, times.quantile(0.999));
    add("not taken in 250 ms", "", 0, static_cast<double>(updates - taken));
    add("taken and lost", "0", 0, static_cast<double>(lost(writer, board.work())));
}

}  // namespace

Table measure_records(Bench& bench) {
    Table table{.title = "records",
                .columns = {{"glibc"}, {"ours", Role::ours}},
                .floor_of = {{"ours", "glibc"}}};
    const std::size_t rounds = std::clamp<std::size_t>(bench.effort.runs / 30, 1, 3);
    for (const std::size_t count : {1UL, 8UL, 64UL}) {
        for (std::size_t round = 0; round < rounds; ++round) {
            for (const Writer& writer : writers) {
                measure(bench, table, writer, count);
            }
        }
    }
    clear_traces(bench);
    return table;
}

}  // namespace bench
