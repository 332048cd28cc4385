#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace common {

/// What one look of a `--check` has found.
struct Finding {
    enum class Level {
        good,
        note,     ///< worth knowing, and no reason to refuse
        unknown,  ///< could not be seen: by whom it could is in the text
        bad,      ///< somebody is refused for it
    };
    Level level = Level::good;
    std::string topic{};  ///< one of the words of the program's manual
    std::string text{};

    bool operator==(const Finding&) const = default;
};

enum class CheckVerdict { let_in, refused, unknown };

/// What is bad refuses; what could not be seen might.
[[nodiscard]] CheckVerdict verdict_of(std::span<const Finding> findings);
/// 0, 1 and 2, in their order.
[[nodiscard]] int status_of(CheckVerdict verdict);
/// The text of the first finding of this level, or "".
[[nodiscard]] std::string first_text(std::span<const Finding> findings, Finding::Level level);

/// For a person at a bare console: rows of 80 columns at most, the answer last.
[[nodiscard]] std::string findings_as_text(std::span<const Finding> findings,
                                           std::string_view answer);
/// One object of a JSON list.
[[nodiscard]] std::string json_finding(const Finding& finding);

/// A JSON list, one item a row, for a member of the outermost object.
template <typename Items, typename Render>
std::string json_list(const Items& items, Render render) {
    std::string out = "[";
    for (const auto& item : items) {
        out += (out.size() > 1 ? ",\n    " : "\n    ") + render(item);
    }
    return out + (items.empty() ? "]" : "\n  ]");
}

/// All of it to an open descriptor; false where it does not arrive.
[[nodiscard]] bool print(int descriptor, std::string_view text);

}  // namespace common
