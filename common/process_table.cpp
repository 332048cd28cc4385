#include "common/process_table.hpp"

#include "common/syscall.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <future>
#include <iterator>
#include <memory>
#include <span>
#include <thread>

#include <dirent.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace common {

namespace {

/// A line of /proc/PID/stat has 52 numbers; a comm has 15 bytes, a kernel
/// worker's 63.
constexpr std::size_t longest_stat = 2048;

/// The kernel shows a device as new_encode_dev() packs it.
dev_t device_of(std::uint32_t encoded) {
    const unsigned major_number = (encoded >> 8U) & 0xfffU;
    const unsigned minor_number = (encoded & 0xffU) | ((encoded >> 12U) & 0xfff00U);
    return encoded == 0 ? dev_t{0} : makedev(major_number, minor_number);
}

/// The blank-separated numbers of a line, one after the other.
class Numbers {
  public:
    explicit Numbers(std::string_view text) : text_(text) {}

    template <typename Number>
    Numbers& take(Number& number) {
        const std::size_t begin = std::min(text_.find_first_not_of(' '), text_.size());
        text_.remove_prefix(begin);
        const auto [end, problem] =
            std::from_chars(text_.data(), text_.data() + text_.size(), number);
        good_ = good_ && problem == std::errc{};
        text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
        return *this;
    }
    Numbers& skip(std::size_t count) {
        for (std::int64_t unused = 0; count > 0; --count) {
            take(unused);
        }
        return *this;
    }
    [[nodiscard]] bool good() const { return good_; }

  private:
    std::string_view text_;
    bool good_ = true;
};

/// "PID/FILE" below /proc, without allocation.
class Path {
  public:
    Path(pid_t process, const char* file) {
        std::snprintf(text_.data(), text_.size(), "%d/%s", process, file);
    }
    Path(const char* process, const char* file) {
        std::snprintf(text_.data(), text_.size(), "%.16s/%s", process, file);
    }
    [[nodiscard]] const char* get() const { return text_.data(); }

  private:
    std::array<char, 32> text_{};
};

/// What one read(2) gives; the kernel makes these files whole at the first one.
std::string_view read_once(int directory, const Path& path, std::span<char> place) {
    const UniqueFd file{::openat(directory, path.get(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
    if (!file.is_open()) {
        return {};
    }
    const auto size =
        retry_interrupted([&] { return ::read(file.get(), place.data(), place.size()); });
    return {place.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

bool is_number(const char* name) {
    return *name >= '1' && *name <= '9';
}

std::vector<ProcessEntry> read_portion(int directory, std::span<const pid_t> processes) {
    std::vector<ProcessEntry> entries;
    entries.reserve(processes.size());
    std::array<char, longest_stat> place{};
    for (const pid_t process : processes) {
        const auto stat = read_once(directory, Path{process, "stat"}, place);
        if (auto entry = read_process_entry(stat)) {
            entries.push_back(std::move(*entry));
        }
    }
    return entries;
}

/// The kernel takes ten microseconds to say what it knows of a process; it says it
/// on several processors at once.
std::vector<ProcessEntry> read_entries(int directory, std::span<const pid_t> processes) {
    constexpr std::size_t worth_a_thread = 1000;
    const std::size_t count = std::clamp<std::size_t>(
        processes.size() / worth_a_thread, 1, std::max(std::thread::hardware_concurrency(), 1U));
    const std::size_t portion = processes.size() / count + 1;
    std::vector<std::future<std::vector<ProcessEntry>>> others;
    for (std::size_t start = portion; start < processes.size(); start += portion) {
        const auto part = processes.subspan(start, std::min(portion, processes.size() - start));
        others.push_back(std::async(std::launch::async, read_portion, directory, part));
    }
    auto all = read_portion(directory, processes.first(std::min(portion, processes.size())));
    for (auto& other : others) {
        auto entries = other.get();
        std::move(entries.begin(), entries.end(), std::back_inserter(all));
    }
    return all;
}

}  // namespace

std::optional<ProcessEntry> read_process_entry(std::string_view stat) {
    // The command stands in parentheses and may hold some, blanks and newlines.
    const std::size_t open = stat.find('(');
    const std::size_t close = stat.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open ||
        stat.size() < close + 4) {
        return std::nullopt;
    }
    ProcessEntry entry{.state = stat[close + 2],
                       .command = std::string{stat.substr(open + 1, close - open - 1)}};
    std::int64_t terminal = 0;
    constexpr std::size_t flags_to_itrealvalue = 13;  // fields 9 to 21
    const bool good =
        Numbers{stat.substr(0, open)}.take(entry.id).good() && Numbers{stat.substr(close + 3)}
                                                                   .take(entry.parent)
                                                                   .take(entry.group)
                                                                   .take(entry.session)
                                                                   .take(terminal)
                                                                   .take(entry.foreground)
                                                                   .skip(flags_to_itrealvalue)
                                                                   .take(entry.start)
                                                                   .good();
    if (!good || entry.id <= 0) {
        return std::nullopt;
    }
    entry.terminal = device_of(static_cast<std::uint32_t>(terminal));
    return entry;
}

ProcessTable::ProcessTable(const std::string& mounted)
    : directory_(
          check(::open(mounted.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open", mounted)) {}

std::vector<ProcessEntry> ProcessTable::read() const {
    // An opening of its own: a directory's position belongs to its opening.
    UniqueFd copy{
        check(::openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open", ".")};
    const std::unique_ptr<DIR, int (*)(DIR*)> names{::fdopendir(copy.get()), ::closedir};
    if (!names) {
        throw_errno("read", "the list of processes");
    }
    (void)copy.release();
    std::vector<pid_t> processes;
    while (const dirent* const name = ::readdir(names.get())) {
        pid_t process = 0;
        if (is_number(static_cast<const char*>(name->d_name)) &&
            Numbers{static_cast<const char*>(name->d_name)}.take(process).good()) {
            processes.push_back(process);
        }
    }
    return read_entries(directory_.get(), processes);
}

std::optional<ProcessEntry> ProcessTable::find(pid_t process) const {
    std::array<char, longest_stat> place{};
    return read_process_entry(read_once(directory_.get(), Path{process, "stat"}, place));
}

std::uint32_t ProcessTable::audit_session(pid_t process) const {
    std::array<char, 16> place{};
    std::uint32_t session = no_audit_session;
    Numbers{read_once(directory_.get(), Path{process, "sessionid"}, place)}.take(session);
    return session;
}

std::string ProcessTable::cgroups(pid_t process) const {
    // Up to a page at a time, and paths can be long where containers nest.
    std::array<char, 16384> place{};
    return std::string{read_once(directory_.get(), Path{process, "cgroup"}, place)};
}

std::optional<uid_t> ProcessTable::user(pid_t process) const {
    std::array<char, 4096> place{};
    const std::string_view status = read_once(directory_.get(), Path{process, "status"}, place);
    // At the beginning of a line: the name, which comes first, has its newlines
    // escaped.
    constexpr std::string_view key = "\nUid:\t";
    const std::size_t found = status.find(key);
    uid_t user = 0;
    if (found == std::string_view::npos ||
        !Numbers{status.substr(found + key.size())}.take(user).good()) {
        return std::nullopt;
    }
    return user;
}

std::chrono::sys_time<std::chrono::milliseconds> start_time(std::uint64_t ticks_after_boot) {
    using std::chrono::milliseconds;
    static const auto ticks_a_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    const auto now_by = [](clockid_t clock) {
        timespec now{};
        ::clock_gettime(clock, &now);
        return std::chrono::duration_cast<milliseconds>(std::chrono::seconds{now.tv_sec} +
                                                        std::chrono::nanoseconds{now.tv_nsec});
    };
    const milliseconds boot = now_by(CLOCK_REALTIME) - now_by(CLOCK_BOOTTIME);
    return std::chrono::sys_time<milliseconds>{
        boot + milliseconds{ticks_after_boot * 1000 / ticks_a_second}};
}

}  // namespace common
