#include "getty/line_speed.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace getty {

namespace {

constexpr std::string_view keep_word = "keep";

std::optional<Speed> read_speed(std::string_view word) {
    if (word == keep_word) {
        return keep_speed;
    }
    Speed speed = 0;
    const char* const end = word.data() + word.size();
    const auto [stopped, problem] = std::from_chars(word.data(), end, speed);
    if (problem != std::errc{} || stopped != end || speed > fastest) {
        return std::nullopt;
    }
    return speed;
}

}  // namespace

bool looks_like_speeds(std::string_view word) {
    const auto is_digit_or_comma = [](char c) { return (c >= '0' && c <= '9') || c == ','; };
    return word == keep_word ||
           (!word.empty() && std::all_of(word.begin(), word.end(), is_digit_or_comma));
}

std::optional<std::vector<Speed>> read_speeds(std::string_view word) {
    std::vector<Speed> speeds;
    for (;;) {
        const std::size_t comma = word.find(',');
        const auto speed = read_speed(word.substr(0, comma));
        if (!speed) {
            return std::nullopt;
        }
        speeds.push_back(*speed);
        if (comma == word.npos) {
            return speeds;
        }
        word.remove_prefix(comma + 1);
    }
}

SpeedCycle::SpeedCycle(std::vector<Speed> speeds) : speeds_(std::move(speeds)) {
    if (speeds_.empty()) {
        speeds_.push_back(keep_speed);
    }
}

}  // namespace getty
