#include "tests/pty/process_table.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace pty {

namespace {

/// Nothing for a process that has gone meanwhile (id 0).
RunningProcess process_from(const std::filesystem::path& directory) {
    std::ifstream file{directory / "stat"};
    std::string text;
    std::getline(file, text);
    // The name stands in parentheses and may contain some itself.
    const auto open = text.find('(');
    const auto close = text.rfind(')');
    if (open == std::string::npos || close == std::string::npos) {
        return {};
    }
    RunningProcess process{};
    process.name = text.substr(open + 1, close - open - 1);
    std::istringstream before{text.substr(0, open)};
    before >> process.id;
    std::istringstream after{text.substr(close + 1)};
    after >> process.state >> process.parent >> process.group >> process.session >>
        process.terminal >> process.foreground;
    return process;
}

bool is_number(const std::string& name) {
    return std::all_of(
        name.begin(), name.end(), [](unsigned char letter) { return std::isdigit(letter) != 0; });
}

}  // namespace

std::vector<RunningProcess> running_processes() {
    std::vector<RunningProcess> all;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
        if (!is_number(entry.path().filename())) {
            continue;
        }
        if (auto process = process_from(entry.path()); process.id != 0) {
            all.push_back(std::move(process));
        }
    }
    std::sort(all.begin(), all.end(), [](const auto& left, const auto& right) {
        return left.id < right.id;
    });
    return all;
}

char state_of(pid_t process) {
    const auto all = running_processes();
    const auto found = std::find_if(
        all.begin(), all.end(), [&](const auto& running) { return running.id == process; });
    return found == all.end() ? '-' : found->state;
}

std::vector<pid_t> descendants_of(pid_t ancestor) {
    const auto all = running_processes();
    std::vector<pid_t> found{ancestor};
    // Grows while it is walked: each one found is asked for its children.
    for (std::size_t next = 0; next < found.size(); ++next) {
        for (const auto& process : all) {
            if (process.parent == found[next]) {
                found.push_back(process.id);
            }
        }
    }
    found.erase(found.begin());
    return found;
}

}  // namespace pty
