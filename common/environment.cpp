#include "common/environment.hpp"

#include <algorithm>

namespace common {

namespace {

bool is_named(const std::string& entry, std::string_view name) {
    return entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name);
}

}  // namespace

Environment Environment::from(const char* const* entries) {
    Environment result;
    for (; entries != nullptr && *entries != nullptr; ++entries) {
        const std::string_view entry{*entries};
        if (const auto equals = entry.find('='); equals != entry.npos && equals > 0) {
            result.set(entry.substr(0, equals), entry.substr(equals + 1));
        }
    }
    return result;
}

std::vector<std::string>::iterator Environment::place_of(std::string_view name) {
    return std::find_if(entries_.begin(), entries_.end(), [name](const std::string& entry) {
        return is_named(entry, name);
    });
}

void Environment::set(std::string_view name, std::string_view value) {
    std::string entry;
    entry.reserve(name.size() + 1 + value.size());
    entry.append(name).append("=").append(value);
    if (const auto place = place_of(name); place != entries_.end()) {
        *place = std::move(entry);
    } else {
        entries_.push_back(std::move(entry));
    }
}

void Environment::remove(std::string_view name) {
    if (const auto place = place_of(name); place != entries_.end()) {
        entries_.erase(place);
    }
}

const char* Environment::find(std::string_view name) const {
    const auto place = std::find_if(entries_.begin(), entries_.end(), [name](const auto& entry) {
        return is_named(entry, name);
    });
    return place == entries_.end() ? nullptr : place->c_str() + name.size() + 1;
}

std::vector<char*> Environment::pointers() const {
    std::vector<char*> result;
    result.reserve(entries_.size() + 1);
    for (const std::string& entry : entries_) {
        // execve(2) takes char* for history's sake and changes nothing.
        result.push_back(const_cast<char*>(entry.c_str()));  // NOLINT(*-const-cast)
    }
    result.push_back(nullptr);
    return result;
}

}  // namespace common
