#include "getty/question.hpp"

#include "common/utf8.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace getty {

namespace {

/// Columns of text that has been made harmless.
std::size_t columns_of(std::string_view shown) {
    std::size_t columns = 0;
    while (!shown.empty()) {
        const common::Decoded decoded = common::decode_utf8(shown);
        columns += static_cast<std::size_t>(common::display_width(decoded.code));
        shown.remove_prefix(decoded.length);
    }
    return columns;
}

}  // namespace

std::string Question::ask() {
    forget_typed();
    return text();
}

void Question::set_typed(const std::string& shown) {
    forget_typed();
    typed_ = shown;
}

/// It may have been a password.
void Question::forget_typed() noexcept {
    ::explicit_bzero(typed_.data(), typed_.size());
    typed_.clear();
}

std::string Question::change_hint(std::string hint, std::size_t columns) {
    const auto lines_of_hint = std::count(hint_.begin(), hint_.end(), '\n');
    auto rows_up = static_cast<std::size_t>(lines_of_hint);
    if (const std::size_t width = columns_of(prompt_ + typed_); columns > 0 && width > 0) {
        // A full row's cursor waits at its end for the next character.
        rows_up += (width - 1) / columns;
    }
    std::string shown = "\r";
    if (rows_up > 0) {
        shown += "\x1b[" + std::to_string(rows_up) + "A";
    }
    hint_ = std::move(hint);
    return shown + "\x1b[J" + text() + typed_;
}

std::string Question::show_again(std::string prompt) {
    prompt_ = std::move(prompt);
    return text() + typed_;
}

}  // namespace getty
