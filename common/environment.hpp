#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace common {

/// An ordered set of NAME=VALUE entries: the last one set wins, in the place of
/// the first.
class Environment {
  public:
    Environment() = default;
    /// Takes a C environment; entries without `=` are dropped.
    static Environment from(const char* const* entries);

    void set(std::string_view name, std::string_view value);
    void remove(std::string_view name);
    /// The value, or nullptr: "" is a value.
    [[nodiscard]] const char* find(std::string_view name) const;

    [[nodiscard]] const std::vector<std::string>& entries() const noexcept { return entries_; }
    /// For execve(2): valid until the next change, NULL at the end.
    [[nodiscard]] std::vector<char*> pointers() const;

    bool operator==(const Environment&) const = default;

  private:
    [[nodiscard]] std::vector<std::string>::iterator place_of(std::string_view name);

    std::vector<std::string> entries_;
};

}  // namespace common
