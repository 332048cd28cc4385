#pragma once

#include "common/unique_fd.hpp"

#include <cstddef>
#include <optional>
#include <string>

#include <sys/types.h>

namespace bench {

/// Of smaps_rollup, proc(5).
struct Memory {
    double own_kib = 0;    ///< nobody else's (USS)
    double share_kib = 0;  ///< and its part of what is shared (PSS)
};
[[nodiscard]] Memory memory_of(pid_t process);

/// Our own corner of the cgroup that we are in, of the hierarchy that has the
/// memory controller, version 1 or 2. Make it before there is a World, which
/// has cgroups read-only.
class MemoryGroups {
  public:
    /// Nothing, with the reason, where there can be none.
    [[nodiscard]] static std::optional<MemoryGroups> find(std::string& why_not);

    /// A new group, until the end of scope.
    class Group {
      public:
        Group(const MemoryGroups& groups, std::string name);
        Group(const Group&) = delete;
        Group& operator=(const Group&) = delete;
        Group(Group&&) = delete;
        Group& operator=(Group&&) = delete;
        ~Group();

        /// Of fewer, what the kernel charges ahead would be most: up to 256 KiB on each processor.
        static constexpr std::size_t fewest_members = 16;

        /// Whoever writes 0 to it is in.
        [[nodiscard]] int members() const { return members_.get(); }
        /// Everything charged: pages, page tables, kernel objects.
        [[nodiscard]] double charged_kib() const;

      private:
        const MemoryGroups& groups_;
        std::string name_;
        common::UniqueFd members_;
    };

  private:
    MemoryGroups(common::UniqueFd directory, const char* usage)
        : directory_(std::move(directory)), usage_(usage) {}

    common::UniqueFd directory_;
    const char* usage_;
};

}  // namespace bench
