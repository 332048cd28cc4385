#include "getty/line_speed.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace getty {

namespace {

constexpr std::string_view keep_word = "keep";
constexpr std::string_view console_word = "console";

std::optional<Speed> read_speed(std::string_view word) {
    if (word == keep_word) {
        return keep_speed;
    }
    Speed speed = 0;
    const char* const end = word.data() + word.size();
    const auto [stopped, problem] = std::from_chars(word.data(), end, speed);
    const bool leading_zero = word.size() > 1 && word.front() == '0';
    if (problem != std::errc{} || stopped != end || leading_zero || speed > fastest) {
        return std::nullopt;
    }
    return speed;
}

}  // namespace

bool looks_like_speeds(std::string_view word) {
    const auto is_digit_or_comma = [](char c) { return (c >= '0' && c <= '9') || c == ','; };
    return word == console_word || read_speeds(word) || read_line_setup(word) ||
           (!word.empty() && std::all_of(word.begin(), word.end(), is_digit_or_comma));
}

std::optional<std::vector<Speed>> read_speeds(std::string_view word) {
    std::vector<Speed> speeds;
    while (!word.empty()) {
        const std::size_t end = std::min(word.find(','), word.size());
        if (end > 0) {
            const auto speed = read_speed(word.substr(0, end));
            if (!speed) {
                return std::nullopt;
            }
            speeds.push_back(*speed);
        }
        word.remove_prefix(std::min(end + 1, word.size()));
    }
    return speeds.empty() ? std::nullopt : std::optional{std::move(speeds)};
}

std::optional<LineSetup> read_line_setup(std::string_view word) {
    const std::size_t digits = std::min(word.find_first_not_of("0123456789"), word.size());
    const auto speed = read_speed(word.substr(0, digits));
    if (!speed || *speed == keep_speed) {
        return std::nullopt;
    }
    LineSetup setup{.speed = *speed};
    word.remove_prefix(digits);
    if (!word.empty()) {
        setup.control_cleared |= PARENB | PARODD;
        switch (word.front()) {
            case 'n': break;
            case 'e': setup.control_set |= PARENB; break;
            case 'o': setup.control_set |= PARENB | PARODD; break;
            default: return std::nullopt;
        }
        word.remove_prefix(1);
    }
    if (!word.empty()) {
        setup.control_cleared |= CSIZE;
        switch (word.front()) {
            case '7': setup.control_set |= CS7; break;
            case '8': setup.control_set |= CS8; break;
            default: return std::nullopt;
        }
        word.remove_prefix(1);
    }
    if (word == "r") {
        setup.control_set |= CRTSCTS;
        word = {};
    }
    return word.empty() ? std::optional{setup} : std::nullopt;
}

std::optional<LineSetup> console_setup(std::string_view kernel_command_line,
                                       std::string_view line) {
    constexpr std::string_view blanks = " \t\n";
    constexpr std::string_view key = "console=";
    std::optional<LineSetup> setup;
    while (!kernel_command_line.empty()) {
        const std::size_t start =
            std::min(kernel_command_line.find_first_not_of(blanks), kernel_command_line.size());
        kernel_command_line.remove_prefix(start);
        const std::size_t end =
            std::min(kernel_command_line.find_first_of(blanks), kernel_command_line.size());
        const std::string_view word = kernel_command_line.substr(0, end);
        kernel_command_line.remove_prefix(end);
        const std::size_t comma = word.find(',');
        if (word.starts_with(key) && comma != word.npos &&
            word.substr(key.size(), comma - key.size()) == line) {
            if (const auto found = read_line_setup(word.substr(comma + 1))) {
                setup = found;
            }
        }
    }
    return setup;
}

std::optional<Speed> speed_in_modem_text(std::string_view text) {
    constexpr std::string_view digits = "0123456789";
    constexpr std::string_view connected = "CONNECT";
    // The modem may have sent back the command it was given, with numbers in it.
    if (const auto at = text.find(connected); at != text.npos) {
        text.remove_prefix(at);
    }
    text.remove_prefix(std::min(text.find_first_of(digits), text.size()));
    const auto speed = read_speed(text.substr(0, text.find_first_not_of(digits)));
    return speed && *speed != keep_speed ? speed : std::nullopt;
}

SpeedCycle::SpeedCycle(std::vector<Speed> speeds) : speeds_(std::move(speeds)) {
    if (speeds_.empty()) {
        speeds_.push_back(keep_speed);
    }
}

}  // namespace getty
