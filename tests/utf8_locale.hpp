#pragma once

#include "tests/testing.hpp"

#include <clocale>

namespace tests {

/// wcwidth(3) knows Unicode while this lives: a judge of columns that is not
/// ours. Skips the test case where there is no such locale.
class Utf8Locale {
  public:
    Utf8Locale() {
        if (::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) {
            skip("needs the locale C.UTF-8");
        }
    }
    Utf8Locale(const Utf8Locale&) = delete;
    Utf8Locale(Utf8Locale&&) = delete;
    Utf8Locale& operator=(const Utf8Locale&) = delete;
    Utf8Locale& operator=(Utf8Locale&&) = delete;
    ~Utf8Locale() { ::setlocale(LC_CTYPE, "C"); }
};

}  // namespace tests
