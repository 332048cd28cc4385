#pragma once

#include <string>
#include <string_view>

namespace tests {

/// Ends the running test case and counts it as skipped, not as passed. The
/// reason is for a person who wonders what was not tried on this machine.
[[noreturn]] void skip(std::string_view reason);

/// A test program: runs the test cases whose name contains one of the words
/// given or TTYGATE_ONLY (all without any), or lists their names with --list; options other
/// than that are doctest's. With TTYGATE_NAME_PASSED it names what has passed too. The last line it prints is the count of test
/// cases, which is also appended to the file that TTYGATE_COUNTS names. The
/// exit status is 1 when a test case failed, and 77 (skipped, for meson and
/// automake) when there was something to run and all of it was skipped.
[[nodiscard]] int run(int argc, char** argv);

/// True when run() would only list names, for programs that have to prepare
/// something before test cases can run.
[[nodiscard]] bool only_lists(int argc, char** argv);

}  // namespace tests
