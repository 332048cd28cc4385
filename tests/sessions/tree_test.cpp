#include "login/sessions/tree.hpp"

#include "tests/sessions/machine_twin.hpp"

#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using tests::Born;
using tests::pts;

TEST_CASE("a group is orphaned when nobody in the session could continue it") {
    struct Case {
        std::string_view name;
        std::vector<Born> group;  ///< group 20 in session 10, whose leader is 10
        bool orphaned;
    };
    for (const Case& c : {
             Case{"a job of the shell", {{.id = 20, .parent = 10, .session = 10}}, false},
             Case{"its parent is init", {{.id = 20, .parent = 1, .session = 10}}, true},
             Case{"its parent is in the group",
                  {{.id = 20, .parent = 1, .session = 10},
                   {.id = 21, .parent = 20, .session = 10, .group = 20}},
                  true},
             Case{"one of two has the shell for a parent",
                  {{.id = 20, .parent = 1, .session = 10},
                   {.id = 21, .parent = 10, .session = 10, .group = 20}},
                  false},
             Case{"that one has ended",
                  {{.id = 20, .parent = 1, .session = 10},
                   {.id = 21, .parent = 10, .session = 10, .group = 20, .state = 'Z'}},
                  true},
             Case{"its parent is in another session",
                  {{.id = 20, .parent = 5, .session = 10}},
                  true},
         }) {
        CAPTURE(c.name);
        std::vector<Born> all{{.id = 1, .session = 1},
                              {.id = 5, .parent = 1, .session = 5},
                              {.id = 10, .parent = 5, .session = 10}};
        all.insert(all.end(), c.group.begin(), c.group.end());
        CHECK(sessions::is_orphaned(20, 10, tests::table_of(all)) == c.orphaned);
        CHECK(sessions::is_orphaned(10, 10, tests::table_of(all)));
    }
}

TEST_CASE("the tree of a session") {
    const auto processes = tests::table_of({
        {.id = 1, .session = 1, .command = "init"},
        {.id = 5, .parent = 1, .session = 5, .command = "login"},
        {.id = 10,
         .parent = 5,
         .session = 10,
         .terminal = pts(0),
         .command = "bash",
         .foreground = 20},
        {.id = 12,
         .parent = 10,
         .session = 10,
         .terminal = pts(0),
         .command = "vi",
         .state = 'T',
         .foreground = 20},
        {.id = 20,
         .parent = 10,
         .session = 10,
         .terminal = pts(0),
         .command = "a \x1b b",
         .foreground = 20},
        {.id = 21,
         .parent = 20,
         .session = 10,
         .terminal = pts(0),
         .command = "sort",
         .group = 20,
         .foreground = 20},
        {.id = 30,
         .parent = 1,
         .session = 10,
         .terminal = pts(0),
         .command = "left",
         .state = 'T',
         .foreground = 20},
        {.id = 40, .parent = 1, .session = 40, .command = "away"},
    });
    CHECK(sessions::tree_of(10, std::vector<pid_t>{40}, processes) ==
          "PID  PPID  PGID  SID  TPGID  S  GROUP             COMMAND\n"
          " 10     5    10   10     20  S  orphaned          bash\n"
          " 12    10    12   10     20  T  stopped             vi\n"
          " 20    10    20   10     20  S  -                   a ^[ b\n"
          " 21    20    20   10     20  S  -                     sort\n"
          " 30     1    30   10     20  T  orphaned,stopped  left\n"
          " 40     1    40   40      -  S  escaped,orphaned  away\n");
    CHECK(sessions::tree_of(11, {}, processes).empty());
}

TEST_CASE("parents in a ring are shown once") {
    const auto ring = tests::table_of(
        {{.id = 11, .parent = 12, .session = 10}, {.id = 12, .parent = 11, .session = 10}});
    CHECK(sessions::tree_of(10, {}, ring) ==
          "PID  PPID  PGID  SID  TPGID  S  GROUP  COMMAND\n"
          " 11    12    11   10      -  S  -      sh\n"
          " 12    11    12   10      -  S  -        sh\n");
}
