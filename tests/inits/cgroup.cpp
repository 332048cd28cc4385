#include "tests/inits/cgroup.hpp"

#include "tests/pty/wait.hpp"
#include "tests/testing.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace inits {

namespace {

namespace fs = std::filesystem;

constexpr const char* hierarchy = "/sys/fs/cgroup";

}  // namespace

Cgroup::Cgroup(const pty::World& /*world*/) {
    // The World's is for reading only.
    if (::mount("cgroup2", hierarchy, "cgroup2", 0, nullptr) != 0) {
        tests::skip("needs cgroups of version 2");
    }
    std::string name = std::string{hierarchy} + "/ttygate-test.XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
        ::umount2(hierarchy, MNT_DETACH);
        tests::skip("needs cgroups that can be written");
    }
    path_ = name;
}

Cgroup::~Cgroup() {
    std::ofstream{path_ + "/cgroup.kill"} << "1";
    const auto is_removed = [this] {
        std::vector<std::string> directories{path_};
        std::error_code ignored;
        for (const auto& found : fs::recursive_directory_iterator{path_, ignored}) {
            if (found.is_directory(ignored)) {
                directories.push_back(found.path());
            }
        }
        // What is within before what it is in.
        std::sort(directories.rbegin(), directories.rend());
        return std::all_of(directories.begin(), directories.end(), [](const std::string& path) {
            return ::rmdir(path.c_str()) == 0;
        });
    };
    pty::wait_until(is_removed);
    ::umount2(hierarchy, MNT_DETACH);
}

void Cgroup::become_topmost() const noexcept {
    const int processes = ::open((path_ + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC);
    if (processes < 0 || ::write(processes, "0", 1) != 1 || ::unshare(CLONE_NEWCGROUP) < 0 ||
        ::umount2(hierarchy, MNT_DETACH) < 0 ||
        ::mount("cgroup2", hierarchy, "cgroup2", 0, nullptr) < 0) {
        ::_exit(127);
    }
    ::close(processes);
}

}  // namespace inits
