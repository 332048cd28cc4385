#pragma once

#include "common/unique_fd.hpp"

#include <string>

namespace getty {

/// Tells when a device may have appeared: something was made in or moved to
/// its directory (inotify(7)); not when something changes, which claiming a line
/// does itself. Kept only while the device is missing: an open
/// inotify descriptor holds up a later exec.
class DeviceWatch {
  public:
    /// Where the directory cannot be watched, or is missing too, descriptor()
    /// is -1 and only time helps.
    /// The last part of `path` may be a glob: then of any device of such a name.
    explicit DeviceWatch(const std::string& path);

    [[nodiscard]] int descriptor() const noexcept { return fd_.get(); }
    /// Takes what has been told so far; true if any of it was about the device.
    [[nodiscard]] bool saw_device() const;

  private:
    std::string name_;
    common::UniqueFd fd_;
};

}  // namespace getty
