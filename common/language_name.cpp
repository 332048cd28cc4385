#include "common/language_name.hpp"

#include <algorithm>

namespace common {

namespace {

constexpr std::size_t longest_language = 32;

}  // namespace

bool is_language(std::string_view name) {
    const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto is_allowed = [&](char c) {
        return is_small(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-' || c == '.' || c == '@';
    };
    return name.size() >= 2 && name.size() <= longest_language && is_small(name[0]) &&
           is_small(name[1]) && std::all_of(name.begin(), name.end(), is_allowed) &&
           name.find("..") == std::string_view::npos;
}

}  // namespace common
