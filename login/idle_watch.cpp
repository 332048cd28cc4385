#include "login/idle_watch.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace login {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

IdleWatch::IdleWatch(std::chrono::seconds limit, Time now, std::chrono::sys_seconds last_read)
    : limit_(limit),
      notice_(std::min<milliseconds>(1min, milliseconds{limit} / 2)),
      looked_(now),
      active_(now),
      last_read_(last_read) {}

IdleWatch::Advice IdleWatch::look(Time now,
                                  std::chrono::sys_seconds time_of_day,
                                  std::chrono::sys_seconds last_read) {
    if (last_read != last_read_) {
        // It cannot have been before the last look, whatever the clock says.
        const std::chrono::steady_clock::duration ago = time_of_day - last_read;
        active_ = now - std::clamp<std::chrono::steady_clock::duration>(ago, 0s, now - looked_);
        last_read_ = last_read;
        warned_.reset();
    }
    looked_ = now;
    const auto rounded = [](auto duration) { return std::chrono::ceil<milliseconds>(duration); };
    if (warned_) {
        const auto left = rounded(*warned_ + notice_ - now);
        return left > 0ms ? Advice{.step = Step::wait, .next = left} : Advice{.step = Step::end};
    }
    const auto left = rounded(active_ + limit_ - notice_ - now);
    if (left > 0ms) {
        return {.step = Step::wait, .next = left};
    }
    warned_ = now;
    return {.step = Step::warn, .next = notice_};
}

std::string in_words(std::chrono::seconds time) {
    constexpr auto units = std::to_array<std::pair<std::chrono::seconds, const char*>>(
        {{1h, "hour"}, {1min, "minute"}, {1s, "second"}});
    const auto* const unit = std::find_if(units.begin(), units.end(), [time](const auto& u) {
        return time >= u.first && time % u.first == 0s;
    });
    const auto& [size, name] = unit == units.end() ? units.back() : *unit;
    const auto count = time / size;
    return std::to_string(count) + " " + name + (count == 1 ? "" : "s");
}

}  // namespace login
