#include "getty/mode_changes.hpp"

#include <cstddef>

namespace getty {

namespace {

tcflag_t changed(tcflag_t flags, const FlagChange& change) {
    return (flags & ~change.touched) | change.bits;
}

FlagChange combined_flags(const FlagChange& first, const FlagChange& then) {
    return {.touched = first.touched | then.touched,
            .bits = (first.bits & ~then.touched) | then.bits};
}

}  // namespace

termios apply(const termios& modes, const ModeChanges& changes) {
    termios result = modes;
    result.c_iflag = changed(modes.c_iflag, changes.input);
    result.c_oflag = changed(modes.c_oflag, changes.output);
    result.c_cflag = changed(modes.c_cflag, changes.control);
    result.c_lflag = changed(modes.c_lflag, changes.local);
    for (std::size_t index = 0; index < changes.characters.size(); ++index) {
        result.c_cc[index] = changes.characters[index].value_or(modes.c_cc[index]);
    }
    return result;
}

ModeChanges combined(const ModeChanges& first, const ModeChanges& then) {
    ModeChanges result{.input = combined_flags(first.input, then.input),
                       .output = combined_flags(first.output, then.output),
                       .control = combined_flags(first.control, then.control),
                       .local = combined_flags(first.local, then.local),
                       .characters = first.characters};
    for (std::size_t index = 0; index < result.characters.size(); ++index) {
        if (then.characters[index]) {
            result.characters[index] = then.characters[index];
        }
    }
    return result;
}

}  // namespace getty
