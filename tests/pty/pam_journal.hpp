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

    /// Puts the module first in the stack of a service. `arguments` are
    /// steps that it shall refuse, and things it shall do in them first:
    /// "open:sleep=3600 account"; see pam_journal_module.cpp for all of them.
    void join_stack(const World& world,
                    std::string_view arguments = {},
                    const std::string& service = "login") const;
    /// The same alone: nothing else is in the stack.
    void be_stack(const World& world,
                  std::string_view arguments = {},
                  const std::string& service = "login") const;
    /// What it found in the items PAM_SERVICE, PAM_RHOST and PAM_TTY when this process
    /// opened its session, with blanks between.
    [[nodiscard]] static std::string items_of(pid_t login);

    /// What this process has called so far: "authenticate", "account",
    /// "establish", "open", "reinitialize", "close", "delete", "password", with
    /// blanks between; and what came of the things it did ("conversation=0[0:answer]").
    [[nodiscard]] static std::string steps_of(pid_t login);
    /// Of all processes, some of whose numbers may come again.
    static void forget_steps();

  private:
    std::string module_;
};

}  // namespace pty
