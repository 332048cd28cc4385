#include "login/login_hours.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace login {

namespace {

constexpr unsigned days_in_week = 7;
constexpr unsigned minutes_in_day = 24 * 60;

/// A set of weekdays, a bit for each; 1 is Sunday.
using Days = unsigned;
constexpr Days every_day = 0x7F;

struct DayName {
    std::string_view name;
    Days days;
};

constexpr auto day_names = std::to_array<DayName>({
    {"Su", 0x01},
    {"Mo", 0x02},
    {"Tu", 0x04},
    {"We", 0x08},
    {"Th", 0x10},
    {"Fr", 0x20},
    {"Sa", 0x40},
    {"Wk", 0x3E},
    {"Al", every_day},
});

/// `Wk0900-1700`. Minutes of the day; 2400 is its end.
struct Span {
    Days days = 0;
    unsigned first = 0;
    unsigned last = 0;

    [[nodiscard]] bool contains(WeekMinute when) const {
        if ((days >> when.weekday & 1U) == 0) {
            return false;
        }
        return first <= last ? when.minute >= first && when.minute <= last
                             : when.minute >= first || when.minute <= last;
    }
};

bool contains(const std::vector<Span>& spans, WeekMinute when) {
    return std::any_of(
        spans.begin(), spans.end(), [when](const Span& span) { return span.contains(when); });
}

/// "0930".
std::optional<unsigned> minute_of(std::string_view digits) {
    constexpr std::size_t length = 4;
    unsigned number = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stopped, problem] = std::from_chars(digits.data(), end, number);
    const bool whole = digits.size() == length && problem == std::errc{} && stopped == end;
    const unsigned minute = number / 100 * 60 + number % 100;
    return whole && number % 100 < 60 && minute <= minutes_in_day ? std::optional{minute}
                                                                  : std::nullopt;
}

Days take_days(std::string_view& text) {
    Days days = 0;
    for (;;) {
        const auto* const found =
            std::find_if(day_names.begin(), day_names.end(), [text](const DayName& day) {
                return text.starts_with(day.name);
            });
        if (found == day_names.end()) {
            return days == 0 ? every_day : days;
        }
        days |= found->days;
        text.remove_prefix(found->name.size());
    }
}

std::optional<Span> parse_span(std::string_view text) {
    Span span{.days = take_days(text)};
    const auto first = minute_of(take_field(text, '-'));
    const auto last = minute_of(text);
    if (!first || !last) {
        return std::nullopt;
    }
    span.first = *first;
    span.last = *last;
    return span;
}

std::optional<std::vector<Span>> parse_spans(std::string_view text) {
    std::vector<Span> spans;
    for (const std::string_view word : words_in(text, " \t,")) {
        const auto span = parse_span(word);
        if (!span) {
            return std::nullopt;
        }
        spans.push_back(*span);
    }
    return spans;
}

bool lists(std::string_view list, std::string_view name) {
    const auto words = words_in(list, " \t,");
    return std::any_of(words.begin(), words.end(), [name](std::string_view word) {
        return word == "*" || word == name;
    });
}

WeekMinute after(WeekMinute when, unsigned minutes) {
    const unsigned whole = when.weekday * minutes_in_day + when.minute + minutes;
    return {.weekday = whole / minutes_in_day % days_in_week, .minute = whole % minutes_in_day};
}

std::optional<std::chrono::minutes> time_left(const std::vector<Span>& spans, WeekMinute now) {
    for (unsigned minutes = 0; minutes < days_in_week * minutes_in_day; ++minutes) {
        if (!contains(spans, after(now, minutes))) {
            return std::chrono::minutes{minutes};
        }
    }
    return std::nullopt;
}

}  // namespace

HoursReading read_login_hours(std::string_view text,
                              std::string_view user,
                              std::string_view line,
                              WeekMinute now) {
    HoursReading reading;
    bool decided = false;
    for_each_rule(text, [&](unsigned number, std::string_view rule) {
        const auto colons = std::count(rule.begin(), rule.end(), ':');
        const std::string_view lines = take_field(rule, ':');
        const std::string_view users = take_field(rule, ':');
        const auto spans = parse_spans(rule);
        if (colons != 2 || !spans) {
            reading.faults.push_back(
                {.line = number, .what = "this is no entry LINES:USERS:TIMES"});
            if (!decided && reading.verdict.doubted_by == 0) {
                reading.verdict.doubted_by = number;
            }
        } else if (!decided && lists(lines, line) && lists(users, user)) {
            decided = true;
            reading.verdict.line = number;
            reading.verdict.allowed = contains(*spans, now);
            reading.left = time_left(*spans, now);
        }
        return true;
    });
    return reading;
}

}  // namespace login
