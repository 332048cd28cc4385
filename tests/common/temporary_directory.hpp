#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

#include <stdlib.h>

namespace tests {

/// A directory of the test's own, gone with everything in it at the end.
class TemporaryDirectory {
  public:
    TemporaryDirectory()
        : path_((std::filesystem::temp_directory_path() / "ttygate-test-XXXXXX").string()) {
        if (::mkdtemp(path_.data()) == nullptr) {
            throw std::system_error{errno, std::generic_category(), "mkdtemp " + path_};
        }
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory(TemporaryDirectory&&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::string path(std::string_view name) const {
        return path_ + "/" + std::string{name};
    }
    /// Writes a file and returns its path.
    std::string write(std::string_view name, std::string_view text) const {
        const std::string whole = path(name);
        std::filesystem::create_directories(std::filesystem::path{whole}.parent_path());
        std::ofstream{whole, std::ios::binary} << text;
        return whole;
    }

  private:
    std::string path_;
};

}  // namespace tests
