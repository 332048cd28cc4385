// A front for clang's libFuzzer, which looks for inputs by coverage:
// TTYGATE_FUZZ_TARGET=issue build-fuzz/tests/fuzz -runs=1000000

#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

const fuzz::Target& chosen_target() {
    const char* const name = std::getenv("TTYGATE_FUZZ_TARGET");
    const auto targets = fuzz::targets();
    const auto target = std::find_if(targets.begin(), targets.end(), [=](const fuzz::Target& t) {
        return name != nullptr && t.name == name;
    });
    if (target == targets.end()) {
        std::fputs("TTYGATE_FUZZ_TARGET names none of:", stderr);
        for (const fuzz::Target& t : targets) {
            std::fprintf(stderr, " %.*s", static_cast<int>(t.name.size()), t.name.data());
        }
        std::fputs("\n", stderr);
        std::exit(1);
    }
    return *target;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::Target& target = chosen_target();
    const void* const bytes = data;
    target.run({static_cast<const char*>(bytes), size});
    return 0;
}
