#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace common {

/// Configuration and messages are small; what is longer is not one of them.
constexpr std::size_t text_file_limit = 64UL * 1024;

/// A whole small regular file, or nothing if it is absent, unreadable or not a
/// regular file. It never blocks on a FIFO or a device. What is beyond `limit`
/// bytes is not read.
[[nodiscard]] std::optional<std::string> read_text_file(const std::string& path,
                                                        std::size_t limit = text_file_limit);

}  // namespace common
