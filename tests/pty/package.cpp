#include "tests/pty/package.hpp"

#include "common/syscall.hpp"
#include "tests/pty/network.hpp"
#include "tests/pty/process.hpp"
#include "tests/testing.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/mount.h>

namespace pty {

namespace {

/// A slow mirror is no reason to skip; one that never answers is.
constexpr Milliseconds longest_download{300'000};

/// What apt-get and the script look at.
std::vector<std::string> environment_for_fetching() {
    std::vector<std::string> environment;
    for (const std::string name : {"PATH",
                                   "HOME",
                                   "TTYGATE_CACHE",
                                   "XDG_CACHE_HOME",
                                   "http_proxy",
                                   "https_proxy",
                                   "no_proxy"}) {
        if (const char* const value = std::getenv(name.c_str())) {
            environment.push_back(name + "=" + value);
        }
    }
    return environment;
}

/// What tests/fetch prints for these words, line by line.
std::vector<std::string> fetched(const std::vector<std::string>& words) {
    std::vector<std::string> arguments{TTYGATE_FETCH};
    arguments.insert(arguments.end(), words.begin(), words.end());
    const auto [exit, output] = run({.arguments = arguments,
                                     .environment = environment_for_fetching(),
                                     .before_exec = return_to_network},
                                    longest_download);
    constexpr int cannot_be_had = 77;
    if (exit == Exit{.status = cannot_be_had}) {
        tests::skip(output.substr(0, output.find_last_not_of('\n') + 1));
    }
    std::vector<std::string> folders;
    std::istringstream lines{output};
    for (std::string line; std::getline(lines, line);) {
        folders.push_back(line);
    }
    if (exit != Exit{.status = 0} || folders.empty()) {
        throw std::runtime_error{"tests/fetch: " + output};
    }
    return folders;
}

}  // namespace

std::vector<std::string> fetched_packages(const std::vector<std::string>& names) {
    return fetched(names);
}

std::string fetched_tree(const std::vector<std::string>& packages) {
    std::vector<std::string> words{"--tree"};
    words.insert(words.end(), packages.begin(), packages.end());
    return fetched(words).front();
}

std::string fetched_package(const std::string& name) {
    return fetched_packages({name}).front();
}

std::string fetched_file(const std::string& package, const std::string& path) {
    std::ifstream file{fetched_package(package) + path, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (text.empty()) {
        throw std::runtime_error{"no " + path + " in the package " + package};
    }
    return text;
}

Package::Package(std::string name)
    : name_(std::move(name)),
      tree_(common::check(
          ::open_tree(
              AT_FDCWD, fetched_package(name_).c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC),
          "open the package",
          name_)) {}

void Package::mount_in(const World& /*world*/) {
    std::filesystem::create_directories(root());
    common::check(::move_mount(tree_.get(), "", AT_FDCWD, root().c_str(), MOVE_MOUNT_F_EMPTY_PATH),
                  "mount the package",
                  name_);
}

}  // namespace pty
