#pragma once

#include "tests/pty/line.hpp"
#include "tests/pty/process.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pty {

/// A terminal emulator of 80 by 24 with a program in it: tmux(1), with a server of
/// its own in the World. Skips the test case where there is no tmux.
class Tmux {
  public:
    explicit Tmux(const std::vector<std::string>& program);
    Tmux(const Tmux&) = delete;
    Tmux& operator=(const Tmux&) = delete;
    Tmux(Tmux&&) = delete;
    Tmux& operator=(Tmux&&) = delete;
    ~Tmux();

    /// Types; names of keys are tmux's: "Enter", "C-u", "BSpace".
    void type(const std::string& text) const;
    void press(const std::string& key) const;

    /// What is on the screen, rows without the blanks at their ends; attributes
    /// as escape sequences (capture-pane -e).
    [[nodiscard]] std::string screen() const;
    /// Waits for this text at the end of the screen; throws with the screen.
    void expect_at_end(std::string_view text, Place place = {}) const;

  private:
    /// Runs a command of tmux's to its end.
    [[nodiscard]] Finished command(std::vector<std::string> words) const;

    std::string server_ = "/run/tmux-of-test";
};

}  // namespace pty
