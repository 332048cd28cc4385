#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace getty {

/// A QR code (ISO/IEC 18004): rows of modules, true is dark.
class QrCode {
  public:
    explicit QrCode(std::size_t size) : size_(size), dark_(size * size) {}

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool is_dark(std::size_t row, std::size_t column) const {
        return dark_[row * size_ + column];
    }
    void set(std::size_t row, std::size_t column, bool dark) { dark_[row * size_ + column] = dark; }

  private:
    std::size_t size_;
    std::vector<bool> dark_;
};

/// The bytes as a code of the smallest version from 1 to 9, with the least error
/// correction (level L): a screen has no scratches. Nothing for what is longer
/// than 230 bytes.
[[nodiscard]] std::optional<QrCode> qr_code(std::string_view bytes);

/// The code in half blocks of UTF-8, light on a dark screen, with the quiet zone
/// that cameras need; each row ends in LF. A row of text has two of modules.
[[nodiscard]] std::string drawn(const QrCode& code);

/// What drawn() takes.
[[nodiscard]] std::size_t columns_of(const QrCode& code);
[[nodiscard]] std::size_t rows_of(const QrCode& code);

}  // namespace getty
