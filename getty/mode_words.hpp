#pragma once

#include "getty/line_speed.hpp"
#include "getty/mode_changes.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace getty {

/// What words about modes come to.
struct ModeReading {
    ModeChanges changes{};
    std::optional<Speed> speed{};
    std::vector<std::string> not_honoured{};  ///< known, but nothing here does it
    std::vector<std::string> problems{};      ///< such words are skipped
};

/// The settings of stty(1): `cs8 -parenb crtscts sane erase ^H 9600`. `sane` and
/// `raw` leave iutf8 alone, which only the line's other end can know; all else
/// is as GNU stty does it.
[[nodiscard]] ModeReading read_stty_words(std::string_view text);

/// The flags of gettydefs(4): those of termios(3) and stty's combinations in
/// capitals, `B9600`, `-FLAG` to clear one, `VERASE \b` for a character.
[[nodiscard]] ModeReading read_gettydefs_flags(std::string_view text);

/// Shortest stty(1) words that read_stty_words() makes the same changes of.
[[nodiscard]] std::string write_stty_words(const ModeChanges& changes);

enum class FlagWord { input, output, control, local };

/// The whole of a flag word as BSD's <termios.h> numbers it (FreeBSD's, where
/// the BSDs differ), as gettytab(5) has it in i0 to o2. What Linux has no flag
/// for is not honoured.
[[nodiscard]] ModeReading translate_bsd_flags(FlagWord word, unsigned value);

}  // namespace getty
