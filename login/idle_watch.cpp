#include "login/idle_watch.hpp"

#include "common/language.hpp"

#include <algorithm>

namespace login {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

struct Counted {
    unsigned long count;
    std::chrono::seconds unit;
};

/// In the largest unit that leaves no rest.
Counted counted(std::chrono::seconds time) {
    for (const std::chrono::seconds unit : {std::chrono::seconds{1h}, std::chrono::seconds{1min}}) {
        if (time >= unit && time % unit == 0s) {
            return {.count = static_cast<unsigned long>(time / unit), .unit = unit};
        }
    }
    return {.count = static_cast<unsigned long>(time.count()), .unit = 1s};
}

}  // namespace

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
    const auto [count, unit] = counted(time);
    const char* const name = unit == 1h ? " hour" : unit == 1min ? " minute" : " second";
    return std::to_string(count) + name + (count == 1 ? "" : "s");
}

std::string in_spoken_words(std::chrono::seconds time) {
    const auto [count, unit] = counted(time);
    if (unit == 1h) {
        return common::translated("%d hour", "%d hours", count);
    }
    return unit == 1min ? common::translated("%d minute", "%d minutes", count)
                        : common::translated("%d second", "%d seconds", count);
}

}  // namespace login
