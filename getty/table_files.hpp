#pragma once

#include "getty/dump.hpp"
#include "getty/line_table.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace getty {

/// What the line tables of this machine say of a line when nothing on the
/// command line names an entry: its entry of /etc/ttys, and over it what
/// getty.conf (in /etc, /run, /usr/lib, with drop-ins) says of the line. What is
/// wrong in them is logged, by file and line; the rest holds.
struct LineEntry {
    LineProfile profile{};
    LineTable sections{};  ///< of getty.conf, for where the profile's `next` leads
};
[[nodiscard]] LineEntry read_line_entry(std::string_view line);

/// The table that has an entry of that label: getty.conf, /etc/gettydefs,
/// /etc/gettytab, the first of them; or else, one that has an entry for labels
/// it does not know. Nothing where there is none.
struct LabelEntry {
    LineTable table{};
    std::size_t index = 0;  ///< of the entry
    bool is_exact = true;   ///< false: the table's entry for unknown labels
};
[[nodiscard]] std::optional<LabelEntry> find_label_entry(std::string_view label);

/// All that is wrong in the tables of this machine.
[[nodiscard]] std::vector<FileProblem> problems_in_tables();

/// What each place in them says of a line, the least word first; with a label,
/// of that too, after what they say of the line.
[[nodiscard]] std::vector<PlacedProfile> said_by_tables(std::string_view line,
                                                        std::string_view label);

/// Whether some table has an entry of just that label.
[[nodiscard]] bool is_label(std::string_view word);

}  // namespace getty
