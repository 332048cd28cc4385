#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

namespace common {

/// Thrown when there is nothing left to do and everything has been said:
/// --help, --version, --check.
struct Leave {
    int status = 0;
};

/// What is wrong with the command line; `what()` names the option.
class UsageError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A failure with an exit status of its own in the manual.
class Failure : public std::runtime_error {
  public:
    Failure(int status, const std::string& reason) : std::runtime_error(reason), status_(status) {}
    [[nodiscard]] int status() const noexcept { return status_; }

  private:
    int status_;
};

/// How much of a failure's text the terminal is told.
enum class Candour {
    reason,    ///< getty: the line's owner must see why there is no prompt
    discreet,  ///< login: before authentication nobody learns anything
};

struct Program {
    const char* name = "";
    Candour candour = Candour::discreet;
    /// Waited before leaving with a failure so that an init does not spin; after
    /// a wrong command line only where no person sees it at once, that is unless
    /// standard error is a terminal that no word of the command line names.
    std::chrono::seconds pause_after_failure{0};
};

/// Runs the story of a program. What it throws is written to the log in full
/// and to the terminal in one harmless line; the return value is the exit
/// status: the story's, Leave's or Failure's, and 1 for anything else. This is
/// the only place where exceptions end; where there is no memory even for that, and
/// after std::terminate(), the words are fixed ones and the status is 1. Closed
/// standard descriptors are opened on /dev/null first, so that no file of ours ever
/// becomes number 0, 1 or 2.
int run_program(const Program& program,
                int (*story)(int argc, char** argv),
                int argc,
                char** argv) noexcept;

}  // namespace common
