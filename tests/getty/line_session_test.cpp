#include "getty/line_session.hpp"

#include <string_view>

#include <sys/sysmacros.h>

#include <doctest/doctest.h>

using getty::leads_session_on;

TEST_CASE("a session's leader on this terminal is told by /proc/PID/stat") {
    const dev_t tty1 = ::makedev(4, 1);
    const dev_t pts0 = ::makedev(136, 0);
    const dev_t pts300 = ::makedev(136, 300);
    struct Case {
        std::string_view stat;
        dev_t terminal;
        bool leads;
    };
    for (const Case& c : {
             Case{"77 (sh) S 70 77 77 1025 77 4194304 0", tty1, true},
             Case{"77 (sh) S 70 77 77 34816 77 4194304 0", pts0, true},
             Case{"77 (sh) S 70 77 77 1083436 77 4194304 0", pts300, true},
             Case{"77 (sh) S 70 77 77 1083436 77 4194304 0", ::makedev(136, 44), false},
             Case{"77 (a b) c) S 70 77 77 1025 77 0", tty1, true},
             Case{"77 () 1 2) S 70 77 77 1025 77 0", tty1, true},
             Case{"77 (sh) S 70 77 77 0 -1 0", tty1, false},
             Case{"77 (sh) S 70 77 70 1025 77 0", tty1, false},
             Case{"77 (sh) S 70 77 77 1026 77 0", tty1, false},
             Case{"77 (sh) S 70 77", tty1, false},
             Case{"77 (sh)", tty1, false},
             Case{"77 (sh) S 70 x 77 1025", tty1, false},
             Case{"(sh) S 0 0 0 1025 77 0", tty1, false},
             Case{"", tty1, false},
         }) {
        CAPTURE(c.stat);
        CHECK(leads_session_on(c.stat, c.terminal) == c.leads);
    }
}
