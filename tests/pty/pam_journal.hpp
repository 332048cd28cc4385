#pragma once

#include "tests/pty/world.hpp"

#include <string>
#include <string_view>

#include <sys/types.h>

namespace pty {

/// A PAM module that writes down what it is called for, so that a test sees
/// the order of the steps and that each is undone. Make it before the World,
/// which hides the folder that the module has been built in. Skips the running
/// test case when there is no PAM.
class PamJournal {
  public:
    PamJournal();

    /// Puts the module first in the stack of the service `login`. `failing`
    /// is the step it shall refuse.
    void join_stack(const World& world, std::string_view failing = {}) const;

    /// What this process has called so far: "authenticate", "account",
    /// "establish", "open", "reinitialize", "close", "delete", "password", with
    /// blanks between.
    [[nodiscard]] static std::string steps_of(pid_t login);

  private:
    std::string module_;
};

}  // namespace pty
