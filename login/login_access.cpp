#include "login/login_access.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

#include <arpa/inet.h>
#include <strings.h>

namespace login {

namespace {

constexpr std::string_view separators = " \t,";

/// An address in the order of the network, 4 or 16 bytes of it.
struct Address {
    std::array<std::uint8_t, 16> bytes{};
    std::size_t size = 0;
};

std::optional<Address> address_of(std::string_view text) {
    constexpr std::size_t size_of_old = 4;
    const std::string whole{text};
    Address address;
    if (::inet_pton(AF_INET, whole.c_str(), address.bytes.data()) == 1) {
        address.size = size_of_old;
        return address;
    }
    if (::inet_pton(AF_INET6, whole.c_str(), address.bytes.data()) == 1) {
        address.size = address.bytes.size();
        return address;
    }
    return std::nullopt;
}

/// The first so many bits are set.
Address mask_of(unsigned bits, std::size_t size) {
    constexpr unsigned all = 0xFF;
    Address mask{.size = size};
    for (std::size_t i = 0; i < size; ++i) {
        const unsigned here = std::min(bits, 8U);
        mask.bytes.at(i) = static_cast<std::uint8_t>(all << (8 - here));
        bits -= here;
    }
    return mask;
}

struct Network {
    Address address;
    Address mask;
};

/// `192.168.0.0/16`, `192.168.0.0/255.255.0.0` or `2001:db8::/32`.
std::optional<Network> network_of(std::string_view text) {
    const std::string_view beginning = take_field(text, '/');
    const auto address = address_of(beginning);
    if (!address) {
        return std::nullopt;
    }
    if (const auto mask = address_of(text)) {
        return mask->size == address->size ? std::optional{Network{*address, *mask}} : std::nullopt;
    }
    unsigned bits = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, problem] = std::from_chars(text.data(), end, bits);
    if (problem != std::errc{} || stopped != end || bits > address->size * 8) {
        return std::nullopt;
    }
    return Network{*address, mask_of(bits, address->size)};
}

bool contains(const Network& network, std::string_view text) {
    const auto address = address_of(text);
    if (!address || address->size != network.address.size) {
        return false;
    }
    for (std::size_t i = 0; i < address->size; ++i) {
        const unsigned differs = address->bytes.at(i) ^ network.address.bytes.at(i);
        if ((differs & network.mask.bytes.at(i)) != 0) {
            return false;
        }
    }
    return true;
}

/// Host names have no case.
bool is_same_name(std::string_view left, std::string_view right) {
    return left.size() == right.size() &&
           ::strncasecmp(left.data(), right.data(), left.size()) == 0;
}

bool ends_with_name(std::string_view name, std::string_view end) {
    return name.size() > end.size() && is_same_name(name.substr(name.size() - end.size()), end);
}

bool fits_origin(std::string_view word, std::string_view origin) {
    if (word == "ALL") {
        return true;
    }
    if (word == "LOCAL") {
        return origin.find_first_of(".:") == std::string_view::npos;
    }
    if (word.starts_with('.')) {
        return ends_with_name(origin, word);
    }
    if (word.ends_with('.')) {
        return address_of(origin) && origin.starts_with(word);
    }
    // A line's name may have a slash in it, too.
    const auto network = word.find('/') == std::string_view::npos ? std::nullopt : network_of(word);
    return network ? contains(*network, origin) : is_same_name(word, origin);
}

bool fits_user(std::string_view word, const AccessRequest& request) {
    return word == "ALL" || word == request.user || request.is_listed_in(word);
}

/// `a b EXCEPT c EXCEPT d`: one of the first, unless one of those after EXCEPT,
/// which is a list of the same kind.
template <typename Fits>
bool fits_list(const std::vector<std::string_view>& words, std::size_t begin, Fits fits) {
    const auto first = words.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto except = std::find(first, words.end(), "EXCEPT");
    if (std::none_of(first, except, fits)) {
        return false;
    }
    if (except == words.end()) {
        return true;
    }
    return !fits_list(words, static_cast<std::size_t>(except - words.begin()) + 1, fits);
}

struct Rule {
    bool allows = false;
    std::vector<std::string_view> users;
    std::vector<std::string_view> origins;
};

/// What the rule's own words are wrong with; empty: nothing.
std::string problem_with(const Rule& rule) {
    for (const auto* const list : {&rule.users, &rule.origins}) {
        if (list->empty() || list->front() == "EXCEPT" || list->back() == "EXCEPT") {
            return "a list of users or of origins has nothing in it";
        }
        for (const std::string_view word : *list) {
            // NIS is gone, and what a rule would have said is not known.
            if (word.starts_with('@')) {
                return "netgroups are not supported";
            }
        }
    }
    for (const std::string_view word : rule.origins) {
        const bool means_network = address_of(word.substr(0, word.find('/'))).has_value();
        if (word.find('/') != std::string_view::npos && means_network && !network_of(word)) {
            return "this is no network";
        }
    }
    for (const std::string_view word : rule.users) {
        if (word.find('@') != std::string_view::npos) {
            return "user@host is not supported";
        }
    }
    return {};
}

std::optional<Rule> parse_rule(std::string_view line, std::string& problem) {
    const auto colons = std::count(line.begin(), line.end(), ':');
    const std::string_view permission = without_blanks(take_field(line, ':'));
    const std::string_view users = take_field(line, ':');
    if (colons < 2 || (permission != "+" && permission != "-")) {
        problem = "this is no rule +:USERS:ORIGINS or -:USERS:ORIGINS";
        return std::nullopt;
    }
    // What is left may have colons: addresses do.
    Rule rule{.allows = permission == "+",
              .users = words_in(users, separators),
              .origins = words_in(line, separators)};
    problem = problem_with(rule);
    return problem.empty() ? std::optional{std::move(rule)} : std::nullopt;
}

bool fits(const Rule& rule, const AccessRequest& request) {
    const auto user = [&request](std::string_view word) { return fits_user(word, request); };
    const auto origin = [&request](std::string_view word) {
        return fits_origin(word, request.origin);
    };
    return fits_list(rule.origins, 0, origin) && fits_list(rule.users, 0, user);
}

}  // namespace

AccessReading read_login_access(std::string_view text, const AccessRequest& request) {
    AccessReading reading;
    bool decided = false;
    for_each_rule(text, [&](unsigned number, std::string_view line) {
        std::string problem;
        const auto rule = parse_rule(line, problem);
        if (!rule) {
            reading.faults.push_back({.line = number, .what = std::move(problem)});
            if (!decided && reading.verdict.doubted_by == 0) {
                reading.verdict.doubted_by = number;
            }
        } else if (!decided && fits(*rule, request)) {
            decided = true;
            reading.verdict.line = number;
            reading.verdict.allowed = rule->allows;
        }
        return true;
    });
    return reading;
}

}  // namespace login
