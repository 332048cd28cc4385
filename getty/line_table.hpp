#pragma once

#include "getty/getty_conf.hpp"
#include "getty/line_profile.hpp"
#include "getty/options.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace getty {

enum class TableFormat { getty_conf, gettydefs, gettytab, ttys };

/// By the last part of a path: `gettydefs`, `gettytab`, `ttys`, `*.conf`.
[[nodiscard]] std::optional<TableFormat> format_of_file(std::string_view path);
/// What --table-format takes: `getty.conf`, `gettydefs`, `gettytab`, `ttys`.
[[nodiscard]] std::optional<TableFormat> format_named(std::string_view name);

/// A table of any format, checked as a whole.
struct LineTable {
    TableFormat format = TableFormat::getty_conf;
    std::vector<LineProfile> profiles{};
    std::vector<Problem> problems{};         ///< by line
    std::vector<IncludeRequest> includes{};  ///< getty.conf only
};

/// Reads a table and sees that its options are good ones, that each `next`
/// leads somewhere (in a getty.conf that includes others, that cannot be told
/// from it alone) and that each label stands there once.
[[nodiscard]] LineTable read_line_table(TableFormat format, std::string_view text);

/// The entry of that label, or of that name beside its label; null if there is none.
[[nodiscard]] const LineProfile* find_label(const LineTable& table, std::string_view label);

/// The same, and for a label that is not there what the format says: the first
/// entry of gettydefs(4), `default` of gettytab(5), none of others.
[[nodiscard]] const LineProfile* find_label_or_default(const LineTable& table,
                                                       std::string_view label);

/// The entries that BREAKs go round in, beginning with `start`; each stands
/// here once. A ring that does not close through `start` goes on with
/// `returns_to`; where a `next` is missing or leads nowhere, the last entry is
/// kept.
struct Ring {
    std::vector<const LineProfile*> entries{};
    std::size_t returns_to = 0;
};
[[nodiscard]] Ring ring_from(const LineTable& table, const LineProfile& start);

/// The options with what a profile of a checked table sets among them: options,
/// speeds and terminal type, and the profile itself. What argv says is to be
/// applied to the result.
[[nodiscard]] Options with_profile(Options options, const LineProfile& profile);

/// What --check-table prints of a profile: the section of getty.conf(5) that
/// does the same, and in comments what getty.conf has no key for.
[[nodiscard]] std::string dump(const LineProfile& profile);

}  // namespace getty
