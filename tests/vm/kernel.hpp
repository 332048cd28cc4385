#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace vm {

/// Debian's kernel in a tree of unpacked packages, whatever its version.
class Kernel {
  public:
    /// Throws where the tree has not exactly one.
    explicit Kernel(std::filesystem::path tree);

    [[nodiscard]] std::filesystem::path image() const { return image_; }

    /// The files of these modules and of those they need, each after what it
    /// needs; paths from the tree's root. Throws for one that is not there.
    [[nodiscard]] std::vector<std::string> modules(const std::vector<std::string>& names) const;

  private:
    std::filesystem::path tree_;
    std::filesystem::path image_;
};

}  // namespace vm
