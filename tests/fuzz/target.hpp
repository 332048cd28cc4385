#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

/// Something that takes whatever comes. `run` throws std::logic_error, with what
/// was promised, when the promise does not hold; sanitizers see to the rest.
struct Target {
    std::string_view name;
    void (*run)(std::string_view input);
    std::vector<std::string_view> seeds;  ///< what is likely to lead somewhere
};

[[nodiscard]] std::span<const Target> targets();

/// A part of them.
[[nodiscard]] std::vector<Target> login_targets();

/// Throws std::logic_error unless it holds.
void promise(bool holds, const char* what);

/// Printable, well-formed UTF-8 that moves a cursor to the right only; `also`
/// holds further bytes that may stand in it.
[[nodiscard]] bool is_harmless(std::string_view text, std::string_view also = {});

}  // namespace fuzz
