#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace login {

/// The lists of lines on which root may log in, as far as there are any.
struct RootLines {
    std::optional<std::string> securetty{};  ///< the text of /etc/securetty
    std::optional<std::string> console{};    ///< of CONSOLE: a name in each line
    std::optional<std::string> ttys{};       ///< the text of ttys(5)
};

/// The list that keeps root off this line, by its name; nothing: there is none.
/// Every list that is there must have the line. Like the BSDs, a ttys(5) that is
/// there and does not call a line `secure` calls it insecure.
[[nodiscard]] std::optional<std::string_view> list_against_root(const RootLines& lists,
                                                                std::string_view line);

/// True when a line of the text is this word; `#` begins a comment.
[[nodiscard]] bool lists_line(std::string_view text, std::string_view word);

}  // namespace login
