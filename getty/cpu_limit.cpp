#include "getty/cpu_limit.hpp"

#include <algorithm>
#include <ctime>

namespace getty {

namespace {

using namespace std::chrono_literals;

/// Seconds of work without a rest; no prompt takes one of them.
constexpr rlim_t longest_work = 60;
/// setrlimit(2) is not called more often than that.
constexpr auto renewal = 30s;

rlim_t seconds_used() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<rlim_t>(used.tv_sec);
}

}  // namespace

void CpuLimit::begin() {
    if (!found_) {
        found_.emplace();
        ::getrlimit(RLIMIT_CPU, &*found_);
        impose();
    }
}

void CpuLimit::note_rest(Clock::time_point now) {
    if (now - imposed_ >= renewal) {
        impose();
    }
}

void CpuLimit::lift() const {
    if (found_) {
        ::setrlimit(RLIMIT_CPU, &*found_);
    }
}

void CpuLimit::impose() {
    if (!found_) {
        return;
    }
    imposed_ = Clock::now();
    rlimit limit = *found_;
    // An administrator's own limit may be lower.
    limit.rlim_cur = std::min(limit.rlim_cur, seconds_used() + longest_work);
    ::setrlimit(RLIMIT_CPU, &limit);
}

}  // namespace getty
