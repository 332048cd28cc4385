#pragma once

#include "tests/testing.hpp"

#include <sys/prctl.h>

namespace tests {

/// Skips the test case where processes cannot be confined: a kernel without
/// seccomp(2), or an emulator of another processor, which needs the calls itself.
inline void need_seccomp() {
    if (::prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0) {
        skip("needs seccomp");
    }
}

}  // namespace tests
