#pragma once

#include "tests/pty/world.hpp"

#include <string>

namespace inits {

/// The cgroups of version 2 in a World, and one of them in which processes of
/// a test can be gathered, for inits that make more. Skips the test case where there can be none.
class Cgroup {
  public:
    explicit Cgroup(const pty::World& world);
    Cgroup(const Cgroup&) = delete;
    Cgroup& operator=(const Cgroup&) = delete;
    Cgroup(Cgroup&&) = delete;
    Cgroup& operator=(Cgroup&&) = delete;
    /// With all that is in it, which it ends.
    ~Cgroup();

    /// For a child before it becomes a program, in a mount namespace of its own:
    /// this is the topmost cgroup for it from now on.
    void become_topmost() const noexcept;

  private:
    std::string path_;
};

}  // namespace inits
