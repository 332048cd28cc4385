#include "getty/line_steps.hpp"

#include <algorithm>
#include <utility>

namespace getty {

namespace {

SpeedCycle speeds_of(const Options& options) {
    std::vector<Speed> speeds = options.speeds;
    if (options.keep_baud) {
        speeds.insert(speeds.begin(), keep_speed);
    }
    return SpeedCycle{std::move(speeds)};
}

}  // namespace

LineSteps::LineSteps(std::shared_ptr<const LineSettings> settings)
    : settings_(std::move(settings)), speeds_(speeds_of(settings_->steps.front())) {}

void LineSteps::advance() {
    const std::size_t entries = settings_->steps.size();
    if (entries == 1 || !speeds_.is_at_last()) {
        speeds_.advance();
        return;
    }
    enter(entry_ + 1 < entries ? entry_ + 1 : settings_->returns_to);
}

void LineSteps::restart() {
    if (entry_ == 0) {
        speeds_.restart();
    } else {
        enter(0);
    }
}

void LineSteps::replace_speeds(std::vector<Speed> speeds) {
    speeds_ = SpeedCycle{std::move(speeds)};
}

void LineSteps::enter(std::size_t entry) {
    entry_ = entry;
    speeds_ = speeds_of(settings_->steps[entry]);
}

}  // namespace getty
