#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace login {

/// A line of a table of rules that cannot be understood. Lines count from 1.
struct FaultyLine {
    unsigned line = 0;
    std::string what{};

    bool operator==(const FaultyLine&) const = default;
};

/// What a table in which the first rule that fits decides says about one login.
struct RuleVerdict {
    bool allowed = true;
    unsigned line = 0;  ///< the rule that says so; 0: none fits, and all is allowed
    /// The first faulty line that stands before that rule, and might have
    /// decided instead; 0: none.
    unsigned doubted_by = 0;

    bool operator==(const RuleVerdict&) const = default;
};

[[nodiscard]] std::string_view without_blanks(std::string_view text);

/// Takes the text before the separator off the front; the last one is the rest.
[[nodiscard]] std::string_view take_field(std::string_view& text, char separator);

/// What stands between any of the separators, without the empty ones.
[[nodiscard]] std::vector<std::string_view> words_in(std::string_view text,
                                                     std::string_view separators = " \t");

/// Calls `visit` with the number and the text of each line that is no comment
/// and not empty; until it returns false.
template <typename Visit>
void for_each_rule(std::string_view text, Visit visit) {
    for (unsigned number = 1; !text.empty(); ++number) {
        const std::string_view line = without_blanks(take_field(text, '\n'));
        if (!line.empty() && !line.starts_with('#') && !visit(number, line)) {
            return;
        }
    }
}

}  // namespace login
