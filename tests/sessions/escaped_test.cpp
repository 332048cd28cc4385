#include "login/sessions/escaped.hpp"

#include "tests/sessions/machine_twin.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using tests::Born;
using tests::pts;

namespace {

using Ids = std::vector<pid_t>;

/// login (50) and the shell it started (100) on pts/0.
const std::vector<Born> login_and_shell{
    {.id = 1, .session = 1, .command = "init"},
    {.id = 50, .parent = 1, .session = 50, .command = "login"},
    {.id = 100, .parent = 50, .session = 100, .terminal = pts(0)},
    {.id = 101, .parent = 100, .session = 100, .terminal = pts(0), .command = "job"}};

Ids escaped(std::vector<Born> all, const std::vector<Born>& others, const Ids& marked, pid_t from) {
    all.insert(all.end(), others.begin(), others.end());
    return sessions::escaped_from(from, tests::table_of(all), marked);
}

}  // namespace

TEST_CASE("who carries the login's mark and is in another session has escaped") {
    struct Case {
        std::string_view name;
        std::vector<Born> others;
        Ids marked;
        Ids escaped;
    };
    const Born orphan{.id = 200, .parent = 1, .session = 200};
    const Born below_orphan{.id = 201, .parent = 200, .session = 200};
    const Born child{.id = 210, .parent = 101, .session = 210};
    const Born zombie{.id = 220, .parent = 1, .session = 220, .state = 'Z'};
    const Born beside{.id = 230, .parent = 50, .session = 230, .terminal = pts(1)};
    const Born older{.id = 40, .parent = 1, .session = 40, .start = 40};
    for (const Case& c :
         {Case{"nobody", {}, {50, 100, 101}, {}},
          Case{"no mark: no proof", {orphan, child}, {}, {}},
          Case{"of another login", {orphan}, {50, 100, 101}, {}},
          Case{"its parent ended", {orphan, below_orphan}, {50, 100, 101, 200, 201}, {200, 201}},
          Case{"its parent is there", {child}, {50, 100, 101, 210}, {210}},
          Case{"it has ended", {zombie}, {50, 100, 101, 220}, {}},
          Case{"process 1 is nobody's", {}, {1, 50, 100, 101}, {}},
          // Two shells of one connection: an orphan may be from either.
          Case{"a shell beside it", {orphan, child, beside}, {50, 100, 101, 200, 210, 230}, {210}},
          Case{"the login alone is marked", {orphan}, {100, 101, 200}, {200}}}) {
        CAPTURE(c.name);
        CHECK(escaped(login_and_shell, c.others, c.marked, 100) == c.escaped);
    }
    // A login that is older than all of its session: this one came into it later.
    auto with_older = login_and_shell;
    with_older.insert(with_older.begin() + 1, older);
    CHECK(escaped(with_older, {orphan, child}, {40, 50, 100, 101, 200, 210}, 100) == Ids{210});
}

TEST_CASE("a session within a session claims only what descends from it") {
    // sudo (110) has given its command (120) a terminal of its own.
    const std::vector<Born> inner{
        {.id = 110, .parent = 100, .session = 100, .terminal = pts(0), .command = "sudo"},
        {.id = 120, .parent = 110, .session = 120, .terminal = pts(1)},
        {.id = 130, .parent = 120, .session = 130},
        {.id = 200, .parent = 1, .session = 200}};
    const Ids marked{50, 100, 101, 110, 120, 130, 200};
    CHECK(escaped(login_and_shell, inner, marked, 120) == Ids{130});
    CHECK(escaped(login_and_shell, inner, marked, 100) == Ids{120, 130, 200});
    // Not even if the outer one has nothing else.
    auto no_job = login_and_shell;
    no_job.pop_back();
    CHECK(escaped(no_job, inner, {50, 100, 110, 120, 130, 200}, 120) == Ids{130});
}

TEST_CASE("a window of a desktop claims nothing of the desktop") {
    const std::vector<Born> desktop{
        {.id = 1, .session = 1, .command = "init"},
        {.id = 50, .parent = 1, .session = 50, .command = "display-manager"},
        {.id = 60, .parent = 50, .session = 60, .command = "X"},
        {.id = 70, .parent = 50, .session = 70, .command = "desktop"},
        {.id = 80, .parent = 70, .session = 70, .command = "xterm"},
        {.id = 100, .parent = 80, .session = 100, .terminal = pts(0)},
        {.id = 200, .parent = 1, .session = 200, .command = "browser"}};
    CHECK(escaped(desktop, {}, {50, 60, 70, 80, 100, 200}, 100).empty());
}

TEST_CASE("parents in a ring, as a changing table can show them, end") {
    const std::vector<Born> ring{{.id = 100, .parent = 102, .session = 100, .terminal = pts(0)},
                                 {.id = 102, .parent = 103, .session = 102},
                                 {.id = 103, .parent = 102, .session = 103},
                                 {.id = 104, .parent = 105, .session = 104},
                                 {.id = 105, .parent = 104, .session = 105}};
    CHECK(escaped(ring, {}, {100, 102, 103, 104, 105}, 100) == Ids{});
    CHECK(escaped(ring, {}, {}, 999) == Ids{});
}

TEST_CASE("only a cgroup that logind makes for one session is one") {
    struct Case {
        std::string_view text;
        std::string_view cgroup;
    };
    for (const Case& c : {
             Case{"0::/user.slice/user-1000.slice/session-3.scope\n",
                  "/user.slice/user-1000.slice/session-3.scope"},
             Case{"0::/user.slice/user-1000.slice/session-c1.scope/below\n",
                  "/user.slice/user-1000.slice/session-c1.scope"},
             Case{"9:name=systemd:/user.slice/session-3.scope\n0::/\n",
                  "/user.slice/session-3.scope"},
             Case{"3:memory:/user.slice/session-3.scope\n0::/\n", ""},
             Case{"0::/\n", ""},
             Case{"0::/system.slice/ssh.service\n", ""},
             Case{"0::/user.slice/user-1000.slice/user@1000.service/app.slice\n", ""},
             Case{"0::/user.slice/session-.scope\n", ""},
             Case{"0::/user.slice/xsession-3.scope\n", ""},
             Case{"0::/user.slice/session-3.scopes\n", ""},
             Case{"0::\n", ""},
             Case{"", ""},
         }) {
        CAPTURE(c.text);
        CHECK(sessions::session_cgroup(c.text) == c.cgroup);
    }
}
