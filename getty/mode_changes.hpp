#pragma once

#include <array>
#include <optional>

#include <termios.h>

namespace getty {

/// What is to become of one flag word of termios(3): the bits in `touched` get
/// the value they have in `bits`, the others stay.
struct FlagChange {
    tcflag_t touched = 0;
    tcflag_t bits = 0;

    bool operator==(const FlagChange&) const = default;
};

/// Changes to the modes a line was found in. A list of stty(1) words comes to
/// one of these, whatever its length: a later word has the last say about its
/// bits. So two that do the same compare equal.
struct ModeChanges {
    FlagChange input{};
    FlagChange output{};
    FlagChange control{};  ///< never the speed
    FlagChange local{};
    std::array<std::optional<cc_t>, NCCS> characters{};  ///< by VINTR, VQUIT, ...

    bool operator==(const ModeChanges&) const = default;
};

/// The modes after the changes. Speeds and line discipline stay.
[[nodiscard]] termios apply(const termios& modes, const ModeChanges& changes);

/// One change that does what the two do, one after the other.
[[nodiscard]] ModeChanges combined(const ModeChanges& first, const ModeChanges& then);

}  // namespace getty
