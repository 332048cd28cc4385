#pragma once

#include <utility>

namespace common {

/// Gives back what has just been taken, at the end of the scope, whichever way that
/// is left. The action must not throw.
template <typename Action>
class [[nodiscard]] Undo {
  public:
    explicit Undo(Action action) : action_(std::move(action)) {}
    Undo(const Undo&) = delete;
    Undo(Undo&&) = delete;
    Undo& operator=(const Undo&) = delete;
    Undo& operator=(Undo&&) = delete;
    ~Undo() { action_(); }

  private:
    Action action_;
};

}  // namespace common
