#pragma once

#include "login/sessions/rows.hpp"

#include <span>
#include <string>

namespace sessions {

/// The list for people: a line of titles and one for each row. Nothing that a
/// process, a host or a record calls itself leaves its column or acts on the
/// terminal.
[[nodiscard]] std::string list_of(std::span<const Row> rows);

/// The list for programs; the manual has what it looks like.
[[nodiscard]] std::string json_of(std::span<const Row> rows);

/// At most so many lines of so many columns, for a screen that must not scroll.
/// Each line ends with "\r\n".
[[nodiscard]] std::string cut_to(std::string_view text, std::size_t lines, std::size_t columns);

}  // namespace sessions
