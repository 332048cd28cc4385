#include "login/refusal.hpp"

#include "common/language.hpp"
#include "common/safe_text.hpp"

#include <array>
#include <chrono>
#include <cstdint>

#include <sys/random.h>

namespace login {

using common::translated;

std::string new_reference() {
    std::uint16_t number = 0;
    if (::getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number) {
        // Early in a boot: any number will do, it keeps no secret.
        const auto now = std::chrono::steady_clock::now().time_since_epoch();
        number = static_cast<std::uint16_t>(now.count() >> 10U);
    }
    constexpr std::array digits{
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
    std::string reference;
    for (const unsigned shift : {12U, 8U, 4U, 0U}) {
        reference += digits.at((static_cast<unsigned>(number) >> shift) & 0xFU);
    }
    return reference;
}

std::string refusal_text(const Refusal& refusal, const std::string& reference) {
    std::string text = "\n" + refusal.words;
    if (!text.ends_with('\n')) {
        text += '\n';
    }
    return text + common::filled(translated("Login refused (ref %s)"), reference) + "\n";
}

Refusal refusal_by_failure(const std::string& problem) {
    return {.words = common::filled(translated("The session could not be started: %s"),
                                    common::safe_text(problem)),
            .reason = "the session could not be started: " + problem};
}

}  // namespace login
