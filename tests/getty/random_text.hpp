#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <string_view>

namespace tests {

/// Text for readers that must survive anything, the same in every run: half of
/// it any byte at all, half of it pieces of the reader's own language.
class RandomText {
  public:
    explicit RandomText(std::string_view pieces) : pieces_(pieces) {}

    std::string bytes(std::size_t size) {
        std::string text;
        while (text.size() < size) {
            text += static_cast<char>(pick(256));
        }
        return text;
    }

    /// `pieces` are words between blanks; a line is broken now and then.
    std::string language(std::size_t size) {
        std::string text;
        while (text.size() < size) {
            const std::size_t start = pick(pieces_.size());
            text += pieces_.substr(start, 1 + pick(12));
            text += pick(6) == 0 ? "\n" : "";
        }
        return text;
    }

  private:
    std::size_t pick(std::size_t count) { return engine_() % count; }

    std::string_view pieces_;
    std::mt19937 engine_{20261121};
};

/// 10^5 bytes in texts of 500, half of each sort.
template <typename Read>
void feed_random_text(std::string_view pieces, Read read) {
    RandomText random{pieces};
    for (int i = 0; i < 100; ++i) {
        read(random.bytes(500));
        read(random.language(500));
    }
}

}  // namespace tests
