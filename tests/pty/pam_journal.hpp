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

    /// Puts the module first in the stack of the service `login`. `arguments` are
    /// steps that it shall refuse, and things it shall do in them first:
    /// "open:sleep=3600 account"; see pam_journal_module.cpp for all of them.
    void join_stack(const World& world, std::string_view arguments = {}) const;
    /// The same alone: nothing else is in the stack.
    void be_stack(const World& world, std::string_view arguments = {}) const;

    /// What this process has called so far: "authenticate", "account",
    /// "establish", "open", "reinitialize", "close", "delete", "password", with
    /// blanks between; and what came of the things it did ("conversation=0[0:answer]").
    [[nodiscard]] static std::string steps_of(pid_t login);

  private:
    std::string module_;
};

}  // namespace pty
