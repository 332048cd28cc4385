#include "login/sessions/end_session.hpp"

#include "common/program.hpp"
#include "tests/sessions/machine_twin.hpp"

#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using sessions::Caller;
using sessions::Options;
using sessions::Picture;
using sessions::Task;
using tests::pts;

namespace {

/// Two lines called pts/7 (one is a container's), and the caller (61) in
/// session 60 on pts/6.
Picture picture() {
    Picture all{
        .processes = tests::table_of({
            {.id = 1, .session = 1, .command = "init"},
            {.id = 3, .parent = 1, .session = 1, .command = "of init's session"},
            {.id = 50, .parent = 1, .session = 50, .terminal = pts(5)},
            {.id = 51, .parent = 50, .session = 50, .terminal = pts(5)},
            {.id = 52, .parent = 50, .session = 50, .terminal = pts(5), .state = 'Z'},
            {.id = 60, .parent = 1, .session = 60, .terminal = pts(6)},
            {.id = 61, .parent = 60, .session = 60, .terminal = pts(6), .command = "sessions"},
            {.id = 70, .parent = 1, .session = 70, .terminal = pts(7)},
            {.id = 71, .parent = 1, .session = 71, .terminal = pts(7)},
            {.id = 81, .parent = 1, .session = 80, .command = "left by its leader"},
            {.id = 90, .parent = 1, .session = 90, .state = 'Z'},
        })};
    all.sessions = tests::sessions_of(all.processes);
    return all;
}

const Caller caller{.process = 61, .session = 60};

std::string session_or_problem(const Options& options) {
    try {
        return std::to_string(sessions::session_to_end(options, picture(), caller));
    } catch (const common::UsageError& problem) {
        return problem.what();
    }
}

}  // namespace

TEST_CASE("which session is to be ended") {
    struct Case {
        Options options;
        std::string_view answer;
    };
    for (const Case& c : {
             Case{{.session = 50}, "50"},
             Case{{.line = "pts/5"}, "50"},
             Case{{.session = 80}, "80"},
             Case{{.line = "pts/6"}, "60"},
             Case{{.session = 60}, "session 60 is your own: say its line if you mean it"},
             Case{{.session = 1}, "session 1 is process 1's"},
             Case{{.session = 51}, "there is no session 51"},
             Case{{.session = 90}, "there is no session 90"},
             Case{{.line = "pts/9"}, "there is no session on \"pts/9\""},
             Case{{.line = "pts/7"}, "there are several lines \"pts/7\": say which session"},
         }) {
        CHECK(session_or_problem(c.options) == c.answer);
    }
}

TEST_CASE("who is to be ended with a session") {
    struct Case {
        pid_t session;
        std::vector<pid_t> escaped;
        std::string_view ids;
    };
    for (const Case& c : {
             Case{50, {}, "50 51 "},
             Case{50, {81}, "50 51 81 "},
             // Never process 1, nor whoever is in the caller's session.
             Case{50, {1, 60, 61, 81}, "50 51 81 "},
             Case{60, {}, "60 "},
             Case{60, {81}, "60 81 "},
             Case{1, {}, "3 "},
         }) {
        std::string ids;
        for (const auto& process :
             sessions::processes_to_end(c.session, c.escaped, picture().processes, caller)) {
            ids += std::to_string(process.id) + " ";
        }
        CHECK(ids == c.ids);
    }
}

TEST_CASE("how it went is told") {
    CHECK(sessions::told({.by_hang_up = 3, .by_terminate = 1}, 50) ==
          "session 50: 3 ended by HUP, 1 by TERM, 0 by KILL");
    CHECK(sessions::told({.left = {7, 8}, .last_problem = EPERM}, 50) ==
          "session 50: 0 ended by HUP, 0 by TERM, 0 by KILL, still there: 2 (Operation not "
          "permitted)");
}
