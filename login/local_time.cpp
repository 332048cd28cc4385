#include "login/local_time.hpp"

#include <array>
#include <ctime>

namespace login {

std::string local_time(std::chrono::sys_seconds when) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
    std::tm fields{};
    std::array<char, 64> text{};
    if (::localtime_r(&seconds, &fields) == nullptr) {
        return {};
    }
    return {text.data(),
            std::strftime(text.data(), text.size(), "%a %b %e %H:%M:%S %Z %Y", &fields)};
}

}  // namespace login
