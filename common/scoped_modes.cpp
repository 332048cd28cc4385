#include "common/scoped_modes.hpp"

#include "common/syscall.hpp"

namespace common {

ScopedModes::ScopedModes(const Terminal& terminal, const termios& before, const termios& modes)
    : terminal_(terminal), before_(before) {
    terminal_.set_modes(modes);
}

ScopedModes::ScopedModes(const Terminal& terminal, const termios& modes)
    : ScopedModes(terminal, terminal.modes(), modes) {}

ScopedModes::~ScopedModes() {
    if (keeps_) {
        return;
    }
    // Not TCSAFLUSH: that waits for output first, for ever on a stopped line.
    ::tcflush(terminal_.descriptor(), TCIFLUSH);
    retry_interrupted([&] { return ::tcsetattr(terminal_.descriptor(), TCSANOW, &before_); });
}

}  // namespace common
