#include "tests/vm/archive.hpp"

#include <array>
#include <cstdio>
#include <iterator>
#include <stdexcept>

#include <sys/stat.h>

namespace vm {

namespace fs = std::filesystem;

struct Archive::Entry {
    std::string path;
    mode_t mode = 0;
    std::string_view contents;
    Owner owner;
    unsigned device_major = 0;
    unsigned device_minor = 0;
};

namespace {

constexpr std::size_t alignment = 4;

std::string padding_after(std::size_t size) {
    std::string padding;
    padding.resize((alignment - size % alignment) % alignment);
    return padding;
}

std::string field(std::uint64_t number) {
    std::array<char, 9> digits{};
    std::snprintf(digits.data(), digits.size(), "%08x", static_cast<unsigned>(number));
    return digits.data();
}

std::string contents_of(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        throw std::runtime_error{"cannot read " + path.string()};
    }
    return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

Archive::Archive(const fs::path& file) : file_(file, std::ios::binary | std::ios::trunc) {}

void Archive::write(const Entry& entry) {
    const std::string name = entry.path + '\0';
    const bool is_directory = S_ISDIR(entry.mode);
    // In the order of cpio(5): inode, mode, owner, links, time, size, the device
    // it was on, the device it is, the length of the name, no checksum.
    std::string header = "070701" + field(++entries_) + field(entry.mode) +
                         field(entry.owner.user) + field(entry.owner.group) +
                         field(is_directory ? 2 : 1) + field(0) + field(entry.contents.size()) +
                         field(0) + field(0) + field(entry.device_major) +
                         field(entry.device_minor) + field(name.size()) + field(0) + name;
    header += padding_after(header.size());
    file_ << header << entry.contents << padding_after(entry.contents.size());
}

void Archive::add_parents(const std::string& path) {
    const auto end = path.rfind('/');
    if (end != std::string::npos) {
        add_directory(path.substr(0, end));
    }
}

void Archive::add_directory(const std::string& path, mode_t permissions) {
    add_directory(path, permissions, {});
}

void Archive::add_directory(const std::string& path, mode_t permissions, const Owner& owner) {
    if (!directories_.insert(path).second) {
        return;
    }
    add_parents(path);
    write({.path = path, .mode = S_IFDIR | permissions, .contents = {}, .owner = owner});
}

void Archive::add_file(const std::string& path, std::string_view text, mode_t permissions) {
    add_parents(path);
    write({.path = path, .mode = S_IFREG | permissions, .contents = text, .owner = {}});
}

void Archive::add_link(const std::string& path, const std::string& target) {
    add_parents(path);
    write({.path = path, .mode = S_IFLNK | 0777, .contents = target, .owner = {}});
}

void Archive::add_character_device(const std::string& path, unsigned major, unsigned minor) {
    add_parents(path);
    write({.path = path,
           .mode = S_IFCHR | 0600,
           .contents = {},
           .owner = {},
           .device_major = major,
           .device_minor = minor});
}

void Archive::add_tree(const fs::path& folder,
                       const std::function<bool(const std::string& path)>& wanted) {
    for (auto at = fs::recursive_directory_iterator{folder}; at != end(at); ++at) {
        const std::string path = at->path().lexically_relative(folder).string();
        if (!wanted(path)) {
            at.disable_recursion_pending();
            continue;
        }
        const auto status = at->symlink_status();
        const auto permissions = static_cast<mode_t>(status.permissions()) & 07777U;
        if (fs::is_symlink(status)) {
            add_link(path, fs::read_symlink(at->path()).string());
        } else if (fs::is_directory(status)) {
            add_directory(path, permissions);
        } else if (fs::is_regular_file(status)) {
            add_file(path, contents_of(at->path()), permissions);
        }
    }
}

void Archive::finish() {
    write({.path = "TRAILER!!!", .mode = 0, .contents = {}, .owner = {}});
    file_.close();
    if (!file_) {
        throw std::runtime_error{"cannot write the root for the virtual machine"};
    }
}

}  // namespace vm
