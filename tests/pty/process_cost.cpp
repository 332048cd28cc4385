#include "tests/pty/process_cost.hpp"

#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>

#include <unistd.h>

namespace pty {

namespace {

std::string text_of(pid_t process, const char* file) {
    std::ifstream stream{"/proc/" + std::to_string(process) + "/" + file};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

/// The number after a key at the beginning of a line: "VmRSS:     1234 kB".
std::size_t number_after(const std::string& text, std::string_view key) {
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(key)) {
            return std::stoul(line.substr(key.size()));
        }
    }
    return 0;
}

}  // namespace

ProcessCost cost_of(pid_t process) {
    const std::string stat = text_of(process, "stat");
    const auto open = stat.find('(');
    const auto close = stat.rfind(')');
    if (open == std::string::npos || close == std::string::npos) {
        return {};
    }
    ProcessCost cost{};
    cost.name = stat.substr(open + 1, close - open - 1);
    std::istringstream fields{stat.substr(close + 1)};
    std::string skipped;
    // utime is field 14, and what follows the name begins with field 3.
    for (int field = 3; field < 14; ++field) {
        fields >> skipped;
    }
    unsigned long user = 0;
    unsigned long system = 0;
    fields >> user >> system;
    const auto ticks_a_second = static_cast<unsigned long>(::sysconf(_SC_CLK_TCK));
    cost.processor = std::chrono::milliseconds{(user + system) * 1000 / ticks_a_second};
    std::istringstream scheduler{text_of(process, "schedstat")};
    long nanoseconds = 0;
    scheduler >> nanoseconds;
    cost.on_processor = std::chrono::nanoseconds{nanoseconds};
    const std::string memory = text_of(process, "smaps_rollup");
    // Counted: what `status` says is an estimate on some kernels, of a hundred KiB or so.
    cost.resident_kib = number_after(memory, "Rss:");
    cost.own_kib = number_after(memory, "Private_Dirty:");
    cost.written_kib = number_after(memory, "Anonymous:");
    return cost;
}

}  // namespace pty
