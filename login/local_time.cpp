#include "login/local_time.hpp"

#include "common/local_calendar.hpp"

#include <array>
#include <ctime>
#include <limits>

namespace login {

namespace {

/// False where the C library's calendar has no such moment.
bool take_apart(std::chrono::sys_seconds when, std::tm& fields) {
    if constexpr (sizeof(std::time_t) < sizeof when) {
        // Of 32 bits it ends in 2038, records in 2106: what is left is Greenwich's.
        if (when.time_since_epoch().count() > std::numeric_limits<std::time_t>::max()) {
            const auto day = std::chrono::floor<std::chrono::days>(when);
            const std::chrono::year_month_day date{day};
            const std::chrono::hh_mm_ss time{when - day};
            constexpr int first_year = 1900;
            fields.tm_year = static_cast<int>(date.year()) - first_year;
            fields.tm_mon = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
            fields.tm_mday = static_cast<int>(static_cast<unsigned>(date.day()));
            fields.tm_wday = static_cast<int>(std::chrono::weekday{day}.c_encoding());
            fields.tm_hour = static_cast<int>(time.hours().count());
            fields.tm_min = static_cast<int>(time.minutes().count());
            fields.tm_sec = static_cast<int>(time.seconds().count());
            fields.tm_zone = "UTC";
            return true;
        }
    }
    const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
    return common::local_calendar(seconds, fields);
}

}  // namespace

std::string local_time(std::chrono::sys_seconds when) {
    std::tm fields{};
    std::array<char, 64> text{};
    if (!take_apart(when, fields)) {
        return {};
    }
    return {text.data(),
            std::strftime(text.data(), text.size(), "%a %b %e %H:%M:%S %Z %Y", &fields)};
}

}  // namespace login
