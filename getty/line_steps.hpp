#pragma once

#include "getty/line_settings.hpp"
#include "getty/line_speed.hpp"

#include <cstddef>
#include <memory>

namespace getty {

/// Where a line stands in what BREAKs go round in: the speeds of one entry, then
/// those of the next.
class LineSteps {
  public:
    /// There is at least one set of options.
    explicit LineSteps(std::shared_ptr<const LineSettings> settings);

    /// What holds at this step.
    [[nodiscard]] std::shared_ptr<const Options> options() const {
        return {settings_, &settings_->steps[entry_]};
    }
    [[nodiscard]] Speed speed() const { return speeds_.current(); }
    /// With one step only, a BREAK (which may be noise) changes nothing.
    [[nodiscard]] bool has_several() const {
        return settings_->steps.size() > 1 || speeds_.has_several();
    }
    [[nodiscard]] bool is_at_first() const { return entry_ == 0 && speeds_.is_at_first(); }

    void advance();
    void restart();
    /// As at the beginning: what the kernel or a modem said is forgotten.
    void begin_anew() { enter(0); }
    /// In place of this entry's own: what the kernel or a modem says.
    void replace_speeds(std::vector<Speed> speeds);

  private:
    void enter(std::size_t entry);

    std::shared_ptr<const LineSettings> settings_;
    std::size_t entry_ = 0;
    SpeedCycle speeds_;
};

}  // namespace getty
