#pragma once

#include "common/unique_fd.hpp"
#include "tests/pty/world.hpp"

#include <string>
#include <vector>

namespace pty {

/// A folder with the files of a Debian package, downloaded by tests/fetch unless
/// it has been before. Skips the running test case where that cannot be done.
/// Call it before there is a World, which hides the cache.
[[nodiscard]] std::string fetched_package(const std::string& name);

/// The same for several at once, which takes one download.
[[nodiscard]] std::vector<std::string> fetched_packages(const std::vector<std::string>& names);

/// A root folder of these packages and all that they need.
[[nodiscard]] std::string fetched_tree(const std::vector<std::string>& packages);

/// A file of a package, whole.
[[nodiscard]] std::string fetched_file(const std::string& package, const std::string& path);

/// The files of such a package where a World can see them. Make it before the World.
class Package {
  public:
    explicit Package(std::string name);

    /// Puts them under root().
    void mount_in(const World& world);
    [[nodiscard]] std::string root() const { return "/run/package/" + name_; }

  private:
    std::string name_;
    common::UniqueFd tree_;
};

}  // namespace pty
