#pragma once

#include "common/command_line.hpp"
#include "getty/options.hpp"

#include <cstddef>
#include <iterator>
#include <string_view>

namespace getty {

/// A line of the table: what the option looks like, and what it does. `apply`
/// is null for what is answered at once: --help, --version.
struct OptionEntry {
    common::OptionRule rule;
    void (*apply)(Options& options, std::string_view value);
};

/// The one table of options: the command line is read by it, and at build time
/// the help text is written from it. Its lines are put together as they are asked
/// for: kept with pointers to their words, they would be memory of its own for every
/// waiting line (see ShortText).
class OptionTable {
  public:
    class Iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = OptionEntry;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = OptionEntry;

        explicit Iterator(std::size_t index) : index_(index) {}
        OptionEntry operator*() const { return OptionTable{}[index_]; }
        Iterator& operator++() {
            ++index_;
            return *this;
        }
        bool operator==(const Iterator&) const = default;
        [[nodiscard]] std::size_t index() const { return index_; }

      private:
        std::size_t index_;
    };

    OptionEntry operator[](std::size_t index) const;
    // A range, whose own members are asked.
    // NOLINTBEGIN(readability-convert-member-functions-to-static)
    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] Iterator begin() const { return Iterator{0}; }
    [[nodiscard]] Iterator end() const { return Iterator{size()}; }
    // NOLINTEND(readability-convert-member-functions-to-static)
};

[[nodiscard]] inline OptionTable option_table() {
    return {};
}

/// How many entries at the front of the table are agetty's: their abbreviations
/// stay good where an option of ours begins alike.
[[nodiscard]] std::size_t established_options();

/// How getty is called, for --help.
inline constexpr std::string_view usage_text =
    "Usage: getty [OPTIONS] LINE [SPEED,...] [TERM]\n"
    "       getty [OPTIONS] SPEED,... LINE [TERM]\n"
    "       getty [OPTIONS] LABEL LINE [TERM], or LINE LABEL\n"
    "       getty [OPTIONS] --lines LINE,... [SPEED,...] [TERM]\n";

}  // namespace getty
