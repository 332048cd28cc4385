#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace getty {

/// What one word of --lines stands for.
struct LineWord {
    enum class Kind {
        name,      ///< a line, there or not
        pattern,   ///< a glob: the lines of such names that are there, now and later
        consoles,  ///< the kernel's active ones
    };
    Kind kind = Kind::name;
    /// Without "/dev/"; a path where it leads elsewhere.
    std::string text{};

    friend bool operator==(const LineWord&, const LineWord&) = default;
};

/// The words between the commas of --lines. UsageError for what names no line: an empty
/// word, `-`, `..` in a path, a glob in the name of a directory.
[[nodiscard]] std::vector<LineWord> read_line_words(std::string_view list);

}  // namespace getty
