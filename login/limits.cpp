#include "login/limits.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace login {

namespace {

struct Letter {
    char name;
    __rlimit_resource resource;
    rlim_t unit;
};

constexpr auto letters = std::to_array<Letter>({
    {'A', RLIMIT_AS, 1024},
    {'C', RLIMIT_CORE, 1024},
    {'D', RLIMIT_DATA, 1024},
    {'F', RLIMIT_FSIZE, 1024},
    {'I', RLIMIT_NICE, 1},
    {'M', RLIMIT_MEMLOCK, 1024},
    {'N', RLIMIT_NOFILE, 1},
    {'O', RLIMIT_RTPRIO, 1},
    {'R', RLIMIT_RSS, 1024},
    {'S', RLIMIT_STACK, 1024},
    {'T', RLIMIT_CPU, 60},
    {'U', RLIMIT_NPROC, 1},
});

template <typename Number>
std::optional<Number> number_of(std::string_view text, int base) {
    Number number{};
    const char* const end = text.data() + text.size();
    const auto [stopped, problem] = std::from_chars(text.data(), end, number, base);
    return problem == std::errc{} && stopped == end ? std::optional{number} : std::nullopt;
}

/// A limit that stood there before is replaced.
void set(std::vector<ResourceLimit>& limits, const ResourceLimit& limit) {
    const auto same = [&limit](const auto& other) { return other.resource == limit.resource; };
    limits.erase(std::remove_if(limits.begin(), limits.end(), same), limits.end());
    limits.push_back(limit);
}

bool set_resource(char name, std::string_view value, UserLimits& limits) {
    const auto* const letter = std::find_if(
        letters.begin(), letters.end(), [name](const Letter& l) { return l.name == name; });
    if (letter == letters.end()) {
        return false;
    }
    if (value == "-") {
        set(limits.resources, {.resource = letter->resource, .value = RLIM_INFINITY});
        return true;
    }
    // As far as signed numbers go, in which the kernel and its tools count.
    constexpr rlim_t largest = std::numeric_limits<std::int64_t>::max();
    const auto number = number_of<rlim_t>(value, 10);
    if (!number || *number > largest / letter->unit) {
        return false;
    }
    set(limits.resources, {.resource = letter->resource, .value = *number * letter->unit});
    return true;
}

bool set_umask(std::string_view value, UserLimits& limits) {
    constexpr mode_t all = 0777;
    limits.umask = number_of<mode_t>(value, 8);
    return value == "-" || (limits.umask && *limits.umask <= all);
}

bool set_priority(std::string_view value, UserLimits& limits) {
    constexpr int most_favoured = -20;
    constexpr int least_favoured = 20;
    limits.priority = number_of<int>(value, 10);
    return value == "-" || (limits.priority && *limits.priority >= most_favoured &&
                            *limits.priority <= least_favoured);
}

bool set_sessions(std::string_view value, UserLimits& limits) {
    limits.sessions = number_of<unsigned>(value, 10);
    return value == "-" || limits.sessions.has_value();
}

bool set_limit(char name, std::string_view value, UserLimits& limits) {
    switch (name) {
        case 'K': return set_umask(value, limits);
        case 'L': return set_sessions(value, limits);
        case 'P': return set_priority(value, limits);
        default: return set_resource(name, value, limits);
    }
}

char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

/// `L2D2048 N5`: letters with numbers or `-`; `-` alone takes every limit away.
std::optional<UserLimits> parse_limits(std::string_view text) {
    if (without_blanks(text) == "-") {
        return UserLimits{};
    }
    UserLimits limits;
    bool is_empty = true;
    while (!(text = without_blanks(text)).empty()) {
        const char name = upper(text.front());
        text.remove_prefix(1);
        // A `-` is a sign before digits.
        const std::size_t sign = text.starts_with('-') ? 1 : 0;
        const std::size_t size = std::min(text.find_first_not_of("0123456789", sign), text.size());
        if (!set_limit(name, text.substr(0, size), limits)) {
            return std::nullopt;
        }
        text.remove_prefix(size);
        is_empty = false;
    }
    return is_empty ? std::nullopt : std::optional{limits};
}

}  // namespace

void set_lower(UserLimits& limits, const ResourceLimit& limit) {
    const auto is_lower = [&limit](const auto& other) {
        return other.resource == limit.resource && other.value <= limit.value;
    };
    if (std::none_of(limits.resources.begin(), limits.resources.end(), is_lower)) {
        set(limits.resources, limit);
    }
}

LimitsReading limits_for(std::string_view text, std::string_view user, const IsMember& is_member) {
    LimitsReading reading;
    std::optional<UserLimits> own;
    std::optional<UserLimits> of_group;
    std::optional<UserLimits> of_everybody;
    for_each_rule(text, [&](unsigned number, std::string_view line) {
        const std::string_view name = line.substr(0, line.find_first_of(" \t"));
        auto limits = parse_limits(line.substr(name.size()));
        if (!limits) {
            reading.faults.push_back({.line = number, .what = "these are no limits"});
        } else if (name == "*") {
            of_everybody = std::move(limits);
        } else if (name.starts_with('@')) {
            if (is_member(name.substr(1))) {
                of_group = std::move(limits);
            }
        } else if (name == user && !own) {
            own = std::move(limits);
        }
        return true;
    });
    for (const auto& limits : {own, of_group, of_everybody}) {
        if (limits) {
            reading.limits = *limits;
            break;
        }
    }
    return reading;
}

}  // namespace login
