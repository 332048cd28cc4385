#pragma once

#include "common/terminal.hpp"

namespace common {

/// Modes of a line that are put back at the end of scope, together with
/// whatever was typed meanwhile: that is dropped *before* echo can come back,
/// so that no half-typed password is ever shown or left for the next reader.
class ScopedModes {
  public:
    ScopedModes(const Terminal& terminal, const termios& modes);
    /// `before` is what the line has now, of somebody who has just looked.
    ScopedModes(const Terminal& terminal, const termios& before, const termios& modes);
    ScopedModes(const ScopedModes&) = delete;
    ScopedModes(ScopedModes&&) = delete;
    ScopedModes& operator=(const ScopedModes&) = delete;
    ScopedModes& operator=(ScopedModes&&) = delete;
    ~ScopedModes();

    /// Somebody else looks after the modes from now on: nothing is put back.
    void keep() noexcept { keeps_ = true; }

  private:
    const Terminal& terminal_;
    termios before_;
    bool keeps_ = false;
};

}  // namespace common
