#include "tests/pty/noise.hpp"

#include "tests/pty/dialogue.hpp"
#include "tests/pty/process_cost.hpp"

#include <algorithm>

#include <unistd.h>

namespace pty {

using namespace std::chrono_literals;

Process start_with_speeds(const Line& line,
                          const std::string& speeds,
                          std::vector<std::string> options) {
    options.push_back(speeds);
    return start_getty(line, options);
}

std::string Noise::next(std::size_t size) {
    std::string bytes(size, '\0');
    std::generate(
        bytes.begin(), bytes.end(), [this] { return static_cast<char>(generator_() & 0xFFU); });
    return bytes;
}

std::size_t send_some(const Line& line, std::string_view bytes) {
    const auto sent = ::write(line.master(), bytes.data(), bytes.size());
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

bool still_serves(Line& line, const Process& getty) {
    // A carriage return first ends whatever the noise began, and the refusal
    // of it may cost a pause.
    const auto asks_password = [&line] {
        return line.unmatched().find("Password: ") != std::string_view::npos;
    };
    static_cast<void>(line.take_received());
    constexpr int longest_pause = 10;
    for (int attempt = 0; attempt < 4 && !asks_password(); ++attempt) {
        line.send("\r");
        line.expect("login: ", (longest_pause + 5) * 1000ms * slowness);
        wait_until([] { return false; }, 300ms);
        line.send("ann\r");
        wait_until(asks_password, 5000ms * slowness);
    }
    return asks_password() && cost_of(getty.id()).name == "login";
}

}  // namespace pty
