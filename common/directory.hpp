#pragma once

#include <string>
#include <vector>

namespace common {

/// The names in a directory, sorted, without hidden ones (a leading dot).
/// Nothing where it is absent or cannot be read.
[[nodiscard]] std::vector<std::string> names_in(const std::string& directory);

[[nodiscard]] bool is_directory(const std::string& path);
/// True for a regular file.
[[nodiscard]] bool is_file(const std::string& path);

}  // namespace common
