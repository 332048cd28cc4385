#include "tests/vm/kernel.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace vm {

namespace fs = std::filesystem;

namespace {

/// The one file of a folder whose name begins so.
fs::path only_one(const fs::path& folder, std::string_view beginning) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator{folder}) {
        if (entry.path().filename().string().starts_with(beginning)) {
            found.push_back(entry.path());
        }
    }
    if (found.size() != 1) {
        throw std::runtime_error{std::to_string(found.size()) + " files named " +
                                 std::string{beginning} + "* in " + folder.string()};
    }
    return found.front();
}

/// A module is known by either spelling.
std::string with_underscores(std::string name) {
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

/// Every module file below a folder, by name.
std::map<std::string, fs::path> modules_below(const fs::path& folder) {
    std::map<std::string, fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator{folder}) {
        if (entry.path().extension() == ".ko") {
            files.emplace(with_underscores(entry.path().stem().string()), entry.path());
        }
    }
    return files;
}

/// What a module says it needs, in its section .modinfo: "depends=a,b".
std::vector<std::string> needs_of(const fs::path& module) {
    std::ifstream file{module, std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    constexpr std::string_view label{"\0depends=", 9};
    const auto at = bytes.find(label);
    if (at == std::string::npos) {
        return {};
    }
    std::istringstream list{bytes.c_str() + at + label.size()};
    std::vector<std::string> names;
    for (std::string name; std::getline(list, name, ',');) {
        names.push_back(name);
    }
    return names;
}

}  // namespace

Kernel::Kernel(fs::path tree)
    : tree_(std::move(tree)), image_(only_one(tree_ / "boot", "vmlinuz-")) {}

std::vector<std::string> Kernel::modules(const std::vector<std::string>& names) const {
    const auto all = modules_below(tree_ / "usr/lib/modules");
    std::vector<std::string> files;
    const auto add = [&](const auto& self, const std::string& name) -> void {
        const auto found = all.find(with_underscores(name));
        if (found == all.end()) {
            throw std::runtime_error{"Debian's kernel has no module " + name};
        }
        const std::string file = found->second.lexically_relative(tree_).string();
        if (std::find(files.begin(), files.end(), file) != files.end()) {
            return;
        }
        for (const std::string& need : needs_of(found->second)) {
            self(self, need);
        }
        files.push_back(file);
    };
    for (const std::string& name : names) {
        add(add, name);
    }
    return files;
}

}  // namespace vm
