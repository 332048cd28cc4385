#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace sessions {

/// What the program is to do.
enum class Task {
    list,
    watch,
    json,
    tree,
    repair,
    end,
};

/// What the command line asked for.
struct Options {
    Task task = Task::list;
    unsigned tasks_given = 0;  ///< more than one is a mistake
    pid_t session = 0;         ///< --tree, and --end with a number: the session's id
    std::string line{};        ///< --end with a line: its name without "/dev/"
};

/// Reads the words of a command line as getopt_long(3) does. Throws
/// common::UsageError; --help and --version print and throw common::Leave.
[[nodiscard]] Options parse_options(int argc, const char* const* argv);

/// Writes all of a text to standard output; throws std::system_error.
void print(std::string_view text);

}  // namespace sessions
