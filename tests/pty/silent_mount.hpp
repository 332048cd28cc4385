#pragma once

#include "common/unique_fd.hpp"

#include <string>

namespace pty {

/// A file system that nobody serves: whoever looks at it waits until he is
/// killed. It ends with the descriptor. Skips the test where there is no FUSE.
class SilentMount {
  public:
    explicit SilentMount(const std::string& place);
    SilentMount(const SilentMount&) = delete;
    SilentMount(SilentMount&&) = delete;
    SilentMount& operator=(const SilentMount&) = delete;
    SilentMount& operator=(SilentMount&&) = delete;
    ~SilentMount();

  private:
    std::string place_;
    common::UniqueFd device_;
};

}  // namespace pty
