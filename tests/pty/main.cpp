#include "tests/pty/isolation.hpp"
#include "tests/testing.hpp"

#include <unistd.h>

/// Test cases run where nothing they start can get out. Where that cannot be
/// had they run all the same, and each skips itself.
int main(int argc, char** argv) {
    if (tests::only_lists(argc, argv) || pty::why_not_isolated()) {
        return tests::run(argc, argv);
    }
    return pty::run_isolated([&] {
        // Away from the terminal of whoever runs the tests: a program under
        // test that opens /dev/tty must not find that one.
        ::setsid();
        return tests::run(argc, argv);
    });
}
