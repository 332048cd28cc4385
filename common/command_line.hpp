#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace common {

enum class Argument {
    none,
    required,  ///< `-t 5`, `-t5`, `--timeout 5`, `--timeout=5`
    attached,  ///< may be left out, never the next word: `-L`, `-L=mode`, `--local-line=mode`
};

/// One option as the command line has it. `letter` is 0 where there is only the
/// long name. An empty `help` keeps it out of --help. A `value_name` with bars
/// in it names all the values there are.
struct OptionRule {
    char letter = 0;
    std::string_view name{};
    Argument argument = Argument::none;
    std::string_view value_name{};
    std::string_view help{};
};

struct GivenOption {
    std::size_t rule = 0;  ///< index into the rules
    std::string_view value{};
    [[nodiscard]] bool operator==(const GivenOption&) const = default;
};

struct CommandLine {
    std::vector<GivenOption> options{};  ///< in the order given
    std::vector<std::string_view> operands{};
};

enum class OperandOrder {
    anywhere,       ///< options may follow operands (GNU)
    after_options,  ///< the first operand ends the options (POSIXLY_CORRECT)
};

/// Reads a command line as getopt_long(3) does: clusters, abbreviations that fit
/// one option only, `--` ends options, `-` is an operand. An abbreviation that
/// fits several options fits the earliest rule when all the others come after
/// `established` rules: those an incumbent has keep their short forms.
/// Throws UsageError naming the option.
[[nodiscard]] CommandLine read_command_line(std::span<const OptionRule> rules,
                                            std::span<const char* const> words,
                                            OperandOrder order,
                                            std::size_t established);

/// A whole number in base 10 without sign, blanks or leading zeros, within
/// limits. Throws UsageError naming option and value.
[[nodiscard]] unsigned read_number(std::string_view option,
                                   std::string_view text,
                                   unsigned least,
                                   unsigned most);

}  // namespace common
