#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace getty {

/// One line of a table, without its end (LF or CR LF).
struct TableLine {
    unsigned number = 0;  ///< from 1
    std::string_view text{};
};

[[nodiscard]] std::vector<TableLine> lines_of(std::string_view text);

/// Several lines that make one entry, and which line each byte came from.
class JoinedLines {
  public:
    void append(const TableLine& line) {
        starts_.emplace_back(text_.size(), line.number);
        text_ += line.text;
    }
    void append_newline() { text_ += '\n'; }
    void drop_last() { text_.pop_back(); }

    [[nodiscard]] std::string_view text() const { return text_; }
    [[nodiscard]] bool empty() const { return starts_.empty(); }
    [[nodiscard]] unsigned first_line() const { return starts_.front().second; }
    [[nodiscard]] unsigned line_at(std::size_t offset) const;

  private:
    std::string text_;
    std::vector<std::pair<std::size_t, unsigned>> starts_;
};

/// Without blanks at either end.
[[nodiscard]] std::string_view trimmed(std::string_view text);
/// What stands between blanks.
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view text);
/// Takes one to three octal digits off the front of `text`, as one byte; nothing
/// if it begins with none.
[[nodiscard]] std::optional<char> take_octal(std::string_view& text);
/// A whole number in base 10, or with the leading 0 and 0x of C; nothing for
/// anything else, or more than 32 bits.
[[nodiscard]] std::optional<unsigned> read_c_number(std::string_view text);
/// Harmless and in double quotes, for a message.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace getty
