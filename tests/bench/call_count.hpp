#pragma once

#include "tests/bench/running.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// System calls of a program and its children, execve(2) first, until the text is
/// on the line or `last_program` has been started, whichever comes first.
[[nodiscard]] unsigned calls_until(const std::vector<std::string>& arguments,
                                   Start start,
                                   std::string_view text,
                                   const std::string& last_program);

/// Instructions of the program alone, one step after the other, until the text is
/// on the line: for what callgrind cannot run. Every repetition of a string
/// instruction is one. Throws after `most` of them.
[[nodiscard]] unsigned long steps_until(const std::vector<std::string>& arguments,
                                        Start start,
                                        std::string_view text,
                                        unsigned long most);

}  // namespace bench
