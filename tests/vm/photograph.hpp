#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace vm {

/// A picture in the portable pixmap format (ppm(5), raw).
class Photograph {
  public:
    /// Throws for a file of any other kind.
    explicit Photograph(const std::filesystem::path& path);

    [[nodiscard]] std::size_t width() const { return width_; }
    [[nodiscard]] std::size_t height() const { return height_; }

    /// The colours of a rectangle, row by row.
    [[nodiscard]] std::string cut_out(std::size_t left,
                                      std::size_t top,
                                      std::size_t width,
                                      std::size_t height) const;

  private:
    std::size_t width_ = 0;
    std::size_t height_ = 0;
    std::string pixels_;
};

}  // namespace vm
