#pragma once

#include <cstddef>
#include <utility>

namespace getty {

/// Calls `call` with `index` as a constant (std::integral_constant), so that what a
/// table known to the compiler has there is a call in the code. A table of pointers
/// to functions is, as ShortText says of words, memory of its own for every waiting
/// line.
template <std::size_t Size, typename Call>
void with_constant(std::size_t index, Call call) {
    [&]<std::size_t... Indices>(std::index_sequence<Indices...> /*all*/) {
        ((index == Indices ? call(std::integral_constant<std::size_t, Indices>{}) : void()), ...);
    }
    (std::make_index_sequence<Size>{});
}

}  // namespace getty
