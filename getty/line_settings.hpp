#pragma once

#include "getty/line_table.hpp"
#include "getty/options.hpp"

#include <cstddef>
#include <vector>

namespace getty {

/// What holds on a line, from the least to the last word: built-in values, the
/// line tables, credentials, the command line. One set of options for each
/// entry that BREAKs go round in; after the last comes `returns_to`.
struct LineSettings {
    std::vector<Options> steps{};
    std::size_t returns_to = 0;

    friend bool operator==(const LineSettings&, const LineSettings&) = default;
};

/// The settings that follow from entries of a line table. `common` is what the
/// tables say of the line whatever the entry; it may be an entry itself.
[[nodiscard]] LineSettings settle(const Options& given,
                                  const LineProfile& common,
                                  const Ring& entries);

/// Looks up the line in the tables of this machine.
[[nodiscard]] LineSettings settings_of(const Options& given);

}  // namespace getty
