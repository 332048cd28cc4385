#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace common {

/// A word of a table that stands in the table itself. A table of string_views
/// is pointers, which a position-independent program writes when it starts:
/// memory of its own for every waiting line. This one stays with the text that
/// all lines share.
template <std::size_t Size>
class ShortText {
  public:
    constexpr ShortText() = default;
    /// For a text that is known when this is compiled.
    constexpr explicit ShortText(std::string_view text) {
        if (text.size() > Size) {
            throw text;
        }
        std::copy(text.begin(), text.end(), bytes_.begin());
    }
    template <std::size_t Length>
    constexpr ShortText(const char (&text)[Length]) {  // NOLINT(google-explicit-constructor)
        static_assert(Length <= Size + 1, "does not fit");
        std::copy_n(static_cast<const char*>(text), Length - 1, bytes_.begin());
    }

    [[nodiscard]] constexpr std::string_view view() const {
        const auto end = std::find(bytes_.begin(), bytes_.end(), '\0');
        return {bytes_.data(), static_cast<std::size_t>(end - bytes_.begin())};
    }
    constexpr bool operator==(std::string_view text) const { return view() == text; }

  private:
    std::array<char, Size> bytes_{};
};

}  // namespace common
