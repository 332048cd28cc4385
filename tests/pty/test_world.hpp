#pragma once

#include "tests/pty/world.hpp"
#include "tests/testing.hpp"

#include <string>

#include <doctest/doctest.h>

namespace pty {

/// Skips the running test case where there can be no World.
class NeedsWorld {
  public:
    NeedsWorld() {
        if (const auto reason = World::why_not_available()) {
            tests::skip(*reason);
        }
    }
};

/// A World for one test case. What a sanitizer found in a program under test
/// is a failure of the test case, whatever else became of it.
class TestWorld : private NeedsWorld, public World {
  public:
    TestWorld() = default;
    TestWorld(const TestWorld&) = delete;
    TestWorld& operator=(const TestWorld&) = delete;
    TestWorld(TestWorld&&) = delete;
    TestWorld& operator=(TestWorld&&) = delete;
    ~TestWorld() {
        kill_everybody();
        for (const std::string& report : sanitizer_reports()) {
            ADD_FAIL_CHECK_AT(__FILE__, __LINE__, report);
        }
    }
};

}  // namespace pty
