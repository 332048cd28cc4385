#include "tests/vm/photograph.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace vm {

namespace {

constexpr std::size_t bytes_per_pixel = 3;

}  // namespace

Photograph::Photograph(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    std::string kind;
    unsigned brightest = 0;
    file >> kind >> width_ >> height_ >> brightest;
    file.get();
    pixels_.assign(std::istreambuf_iterator<char>{file}, {});
    if (kind != "P6" || brightest != 255 || pixels_.size() != width_ * height_ * bytes_per_pixel) {
        throw std::runtime_error{path.string() + " is no whole picture"};
    }
}

std::string Photograph::cut_out(std::size_t left,
                                std::size_t top,
                                std::size_t width,
                                std::size_t height) const {
    std::string piece;
    for (std::size_t row = top; row < top + height; ++row) {
        piece += pixels_.substr((row * width_ + left) * bytes_per_pixel, width * bytes_per_pixel);
    }
    return piece;
}

}  // namespace vm
