#include "login/login_event.hpp"

#include <string>

#include <doctest/doctest.h>

using login::Line;

TEST_CASE("events: a name that could be taken for more than a name is in quotes") {
    struct Row {
        std::string name;
        std::string logged;
    };
    for (const Row& row : {Row{"ann", "ann"},
                           Row{"Ann-2.b_c", "Ann-2.b_c"},
                           Row{"(unknown)", "(unknown)"},
                           Row{"", "\"\""},
                           Row{"a b", "\"a\\x20b\""},
                           Row{"a rhost=9.9.9.9", "\"a\\x20rhost\\x3d9.9.9.9\""},
                           Row{"a,b", "\"a,b\""}}) {
        CHECK(login::name_in_log(row.name) == row.logged);
    }
}

TEST_CASE("events: a login has the words that it has had in all logs") {
    Line line;
    line.name = "ttyS0";
    CHECK(login::login_text("ann", 1001, line) == "LOGIN ON ttyS0 BY ann");
    CHECK(login::login_text("root", 0, line) == "ROOT LOGIN ON ttyS0");
    CHECK(login::login_text("toor", 0, line) == "ROOT LOGIN ON ttyS0 BY toor");
    line.shown_host = "10.0.0.7";
    CHECK(login::login_text("ann", 1001, line) == "LOGIN ON ttyS0 BY ann FROM 10.0.0.7");
    CHECK(login::login_text("root", 0, line) == "ROOT LOGIN ON ttyS0 FROM 10.0.0.7");
    line.name.clear();
    CHECK(login::login_text("ann", 1001, line) ==
          "LOGIN ON a line without a name BY ann FROM 10.0.0.7");
}
