#include "tests/fuzz/target.hpp"
#include "tests/pty/escaped.hpp"

#include <chrono>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

namespace {

/// How many inputs for each target. TTYGATE_FUZZ_RUNS=1000000 is for a release.
unsigned runs() {
    const char* const wanted = std::getenv("TTYGATE_FUZZ_RUNS");
    return wanted != nullptr ? static_cast<unsigned>(std::stoul(wanted)) : 1000;
}

/// Makes inputs of seeds: bytes changed, parts left out, doubled, or from
/// another seed. The same in every run.
class Mutator {
  public:
    explicit Mutator(const fuzz::Target& target) : seeds_(target.seeds) {}

    std::string next() {
        std::string input{any_seed()};
        const std::size_t changes = 1 + pick(6);
        for (std::size_t i = 0; i < changes; ++i) {
            change(input);
        }
        input.resize(std::min(input.size(), longest));
        return input;
    }

  private:
    static constexpr std::size_t longest = 600;

    std::size_t pick(std::size_t count) { return engine_() % count; }
    std::string_view any_seed() { return seeds_[pick(seeds_.size())]; }

    void change(std::string& input) {
        const std::size_t place = pick(input.size() + 1);
        const auto byte = static_cast<char>(pick(256));
        const std::string_view other = any_seed();
        const std::size_t start = pick(other.size() + 1);
        const std::string_view part = other.substr(start, 1 + pick(24));
        switch (pick(7)) {
            case 0: input.insert(place, 1, byte); break;
            case 1: input.insert(place, part); break;
            case 2: input.erase(place, 1 + pick(8)); break;
            case 3: input.insert(place, 1 + pick(300), byte); break;
            case 4: input.insert(place, input.substr(pick(input.size() + 1), pick(64))); break;
            case 5: input.resize(place); break;
            default:
                if (place < input.size()) {
                    input[place] = byte;
                }
                break;
        }
    }

    const std::vector<std::string_view>& seeds_;
    std::mt19937 engine_{20261122};  // NOLINT(*-msc51-cpp): repeatable is what it must be
};

/// Nothing, or what was promised and does not hold.
std::string broken_promise(const fuzz::Target& target, std::string_view input) {
    try {
        target.run(input);
        return {};
    } catch (const std::logic_error& promise) {
        return promise.what();
    }
}

}  // namespace

TEST_CASE("whatever comes in, what is promised of it holds") {
    for (const fuzz::Target& target : fuzz::targets()) {
        CAPTURE(target.name);
        for (const std::string_view seed : target.seeds) {
            INFO("seed: ", pty::escaped(seed));
            CHECK(broken_promise(target, seed) == "");
        }
        Mutator mutator{target};
        const unsigned count = runs();
        for (unsigned i = 0; i < count; ++i) {
            const std::string input = mutator.next();
            const std::string broken = broken_promise(target, input);
            if (!broken.empty()) {
                FAIL_CHECK(broken << ": " << pty::escaped(input));
                break;
            }
        }
    }
}
