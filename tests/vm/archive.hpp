#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace vm {

/// A root folder as a kernel unpacks it at its start: cpio(5), "newc", not
/// compressed, since unpacking takes an emulated processor longer than reading.
/// Everything belongs to root, whoever makes it, unless an owner is named.
/// Folders on the way to a path are made. Paths are relative to the root.
class Archive {
  public:
    explicit Archive(const std::filesystem::path& file);

    /// Whom a file or folder belongs to.
    struct Owner {
        uid_t user = 0;
        gid_t group = 0;
    };
    void add_directory(const std::string& path, mode_t permissions = 0755);
    void add_directory(const std::string& path, mode_t permissions, const Owner& owner);
    void add_file(const std::string& path, std::string_view text, mode_t permissions = 0644);
    void add_link(const std::string& path, const std::string& target);
    void add_character_device(const std::string& path, unsigned major, unsigned minor);

    /// All that is below a folder and `wanted`, by its path from there; a folder
    /// that is not is not looked into.
    void add_tree(const std::filesystem::path& folder,
                  const std::function<bool(const std::string& path)>& wanted);

    /// Nothing can be added any more. Throws when it could not all be written.
    void finish();

  private:
    struct Entry;
    void write(const Entry& entry);
    void add_parents(const std::string& path);

    std::ofstream file_;
    std::uint32_t entries_ = 0;
    std::set<std::string> directories_;
};

}  // namespace vm
