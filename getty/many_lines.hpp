#pragma once

#include "getty/device_watch.hpp"
#include "getty/line.hpp"
#include "getty/options.hpp"

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <poll.h>

namespace getty {

/// The lines that --lines names, as they come and go.
class ManyLines {
  public:
    /// With the lines that are there now, and those that are named, there or not.
    explicit ManyLines(const Options& options);

    [[nodiscard]] std::list<Line>& lines() noexcept { return lines_; }
    /// To poll for: devices may have come.
    void add_sources(std::vector<pollfd>& sources) const;
    /// Takes on lines that have come and fit a pattern.
    void look_for_new_ones();
    /// When to look untold, as where a directory cannot be watched: there may be none
    /// yet, or no inotify instance left.
    [[nodiscard]] std::optional<Clock::time_point> looks_at() const noexcept { return looks_at_; }
    /// Lets go of those that came so and have gone again.
    void let_gone_ones_go();
    /// At the end: whoever looks at the records finds no getty.
    static void end_records() noexcept;

  private:
    void take_on(const std::string& name);
    [[nodiscard]] bool is_served(const std::string& name) const;
    [[nodiscard]] bool is_named(const std::string& name) const;
    [[nodiscard]] std::shared_ptr<const LineSettings> settings_for(const std::string& name);

    Options options_;
    std::vector<std::string> names_{};     ///< of lines that are served whether there or not
    std::vector<std::string> patterns_{};  ///< paths
    std::vector<DeviceWatch> watches_{};   ///< one for each pattern
    std::optional<Clock::time_point> looks_at_{};
    /// Most lines have the same.
    std::vector<std::weak_ptr<const LineSettings>> settings_{};
    std::list<Line> lines_{};
};

}  // namespace getty
