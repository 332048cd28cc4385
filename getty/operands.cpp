#include "getty/operands.hpp"

#include "common/program.hpp"
#include "common/safe_text.hpp"

#include <utility>

namespace getty {

namespace {

constexpr std::string_view console_word = "console";

void take_speeds(Operands& operands, std::string_view word) {
    auto speeds = read_speeds(word);
    if (word == console_word) {
        operands.console_speed = true;
    } else if (speeds) {
        operands.speeds = *std::move(speeds);
    } else if (const auto setup = read_line_setup(word)) {
        operands.speeds = {setup->speed};
        operands.setup = *setup;
    } else {
        operands.unusable_speed =
            common::quoted(word) + " is not a speed: write bits per second, as 115200 or 9600,1200";
    }
}

bool starts_like_a_speed(std::string_view word) {
    return word.front() >= '0' && word.front() <= '9';
}

/// What Linux calls lines that come and go.
bool is_named_like_a_line(std::string_view word) {
    return word.starts_with("tty") || word.starts_with("hvc");
}

/// BSD's way, `std.9600 ttyS0`. A label that no table has is one all the same
/// where only the second word is a device: its table's default is meant. Where
/// neither is one yet, a section of getty.conf may have the line's own name.
bool names_label_first(const std::vector<std::string_view>& given, const OperandFacts& facts) {
    if (given[0] == "-" || facts.is_device(given[0]) || looks_like_speeds(given[1])) {
        return false;
    }
    if (facts.is_device(given[1])) {
        return true;
    }
    return facts.is_label(given[0]) && !is_named_like_a_line(given[0]) &&
           (is_named_like_a_line(given[1]) || !facts.is_label(given[1]));
}

/// The words that are given, without a comment.
std::vector<std::string_view> given_in(std::span<const std::string_view> words) {
    std::vector<std::string_view> given;
    for (const std::string_view word : words) {
        if (word.starts_with('#')) {
            break;
        }
        if (!word.empty()) {
            given.push_back(word);
        }
    }
    return given;
}

Operands read_given(const std::vector<std::string_view>& given, const OperandFacts& facts) {
    if (given.empty()) {
        throw common::UsageError{
            "no line given: name a terminal, as tty1 or ttyS0, or - for "
            "standard input"};
    }
    // The word console in front is the line of that name.
    if (given[0] != console_word && looks_like_speeds(given[0]) && given.size() > 1) {
        Operands operands{
            .line = std::string{given[1]},
            .terminal_type = given.size() > 2 ? std::string{given[2]} : std::string{}};
        take_speeds(operands, given[0]);
        return operands;
    }
    if (given.size() > 1 && names_label_first(given, facts)) {
        return {.line = std::string{given[1]},
                .terminal_type = given.size() > 2 ? std::string{given[2]} : std::string{},
                .label = std::string{given[0]}};
    }
    Operands operands{.line = std::string{given[0]}};
    if (given.size() == 1) {
        return operands;
    }
    bool second_is_type = false;
    if (facts.is_label(given[1])) {
        operands.label = std::string{given[1]};
    } else if (starts_like_a_speed(given[1]) || looks_like_speeds(given[1])) {
        take_speeds(operands, given[1]);
    } else {
        second_is_type = given.size() == 2;
    }
    if (second_is_type || given.size() == 3) {
        operands.terminal_type = std::string{given.back()};
    }
    return operands;
}

}  // namespace

Operands read_operands(std::span<const std::string_view> words, const OperandFacts& facts) {
    constexpr std::size_t most = 3;  // line, speed and terminal type
    auto given = given_in(words);
    std::string surplus;
    if (given.size() > most) {
        surplus = given[most];
        given.resize(most);
    }
    Operands operands = read_given(given, facts);
    operands.first_surplus = std::move(surplus);
    return operands;
}

}  // namespace getty
