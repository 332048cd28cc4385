#include "tests/bench/memory.hpp"

#include "common/syscall.hpp"

#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

namespace bench {

namespace {

using namespace std::chrono_literals;

struct Hierarchy {
    std::string directory{};  ///< of the cgroup we are in
    const char* usage = nullptr;
};

/// The path behind "4:memory:" or, for version 2, "0::".
std::string own_path(std::string_view controllers) {
    std::ifstream groups{"/proc/self/cgroup"};
    for (std::string line; std::getline(groups, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        const std::string_view of = std::string_view{line}.substr(first + 1, second - first - 1);
        if (second != std::string::npos && of == controllers) {
            return line.substr(second + 1);
        }
    }
    return {};
}

/// Where a hierarchy is mounted; mountinfo of proc(5).
std::string mounted_at(std::string_view kind, std::string_view option) {
    std::ifstream mounts{"/proc/self/mountinfo"};
    for (std::string line; std::getline(mounts, line);) {
        const auto dash = line.find(" - ");
        std::istringstream before{line.substr(0, dash)};
        std::istringstream after{line.substr(dash + 3)};
        std::array<std::string, 5> fields;
        for (std::string& field : fields) {
            before >> field;
        }
        std::string type;
        std::string source;
        std::string options;
        after >> type >> source >> options;
        const bool has_option =
            option.empty() ||
            ("," + options + ",").find("," + std::string{option} + ",") != std::string::npos;
        if (type == kind && has_option) {
            return fields[4];
        }
    }
    return {};
}

std::optional<Hierarchy> memory_hierarchy() {
    if (const std::string mount = mounted_at("cgroup", "memory"); !mount.empty()) {
        return Hierarchy{.directory = mount + own_path("memory"), .usage = "memory.usage_in_bytes"};
    }
    const std::string mount = mounted_at("cgroup2", "");
    if (mount.empty()) {
        return std::nullopt;
    }
    return Hierarchy{.directory = mount + own_path(""), .usage = "memory.current"};
}

double number_in(int directory, const std::string& path) {
    const common::UniqueFd file{
        common::check(::openat(directory, path.c_str(), O_RDONLY | O_CLOEXEC), "open", path)};
    std::array<char, 64> text{};
    common::check(::read(file.get(), text.data(), text.size() - 1), "read", path);
    return std::strtod(text.data(), nullptr);
}

}  // namespace

Memory memory_of(pid_t process) {
    std::ifstream rollup{"/proc/" + std::to_string(process) + "/smaps_rollup"};
    Memory memory;
    for (std::string line; std::getline(rollup, line);) {
        std::istringstream fields{line};
        std::string key;
        double kib = 0;
        fields >> key >> kib;
        if (key == "Private_Clean:" || key == "Private_Dirty:") {
            memory.own_kib += kib;
        } else if (key == "Pss:") {
            memory.share_kib = kib;
        }
    }
    return memory;
}

std::optional<MemoryGroups> MemoryGroups::find(std::string& why_not) {
    const auto hierarchy = memory_hierarchy();
    if (!hierarchy) {
        why_not = "no cgroups are mounted";
        return std::nullopt;
    }
    common::UniqueFd directory{
        ::open(hierarchy->directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    MemoryGroups groups{std::move(directory), hierarchy->usage};
    try {
        const Group trial{groups, "trial"};
        static_cast<void>(trial.charged_kib());
    } catch (const std::system_error& problem) {
        why_not = std::string{"no memory cgroup of our own: "} + problem.what();
        return std::nullopt;
    }
    return groups;
}

MemoryGroups::Group::Group(const MemoryGroups& groups, std::string name)
    : groups_(groups), name_("ttygate-bench-" + std::move(name)) {
    const int parent = groups.directory_.get();
    common::check(::mkdirat(parent, name_.c_str(), 0755), "make the cgroup", name_);
    try {
        members_ = common::UniqueFd{
            common::check(::openat(parent, (name_ + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC),
                          "open",
                          "cgroup.procs")};
    } catch (...) {
        ::unlinkat(parent, name_.c_str(), AT_REMOVEDIR);
        throw;
    }
}

MemoryGroups::Group::~Group() {
    // Who has just been killed may still be on the way out.
    for (int tries = 0; tries < 100; ++tries) {
        if (::unlinkat(groups_.directory_.get(), name_.c_str(), AT_REMOVEDIR) == 0) {
            return;
        }
        std::this_thread::sleep_for(10ms);
    }
}

double MemoryGroups::Group::charged_kib() const {
    constexpr double kib = 1024;
    return number_in(groups_.directory_.get(), name_ + "/" + groups_.usage_) / kib;
}

}  // namespace bench
