#include "login/greeting.hpp"

#include <doctest/doctest.h>

using login::greeting;
using login::GreetingFacts;

TEST_CASE("greeting: what there is to say, in its order") {
    GreetingFacts facts{
        .last_login = GreetingFacts::LastTime{.when = "Sat Nov 21 22:25:00 2026", .line = "tty1"},
        .messages_of_the_day = {"one\n", "two"}};
    CHECK(greeting({}) == "");
    CHECK(greeting(facts) == "Last login: Sat Nov 21 22:25:00 2026 on tty1\none\ntwo\n");
    facts.last_login->host = "10.0.0.7";
    CHECK(greeting(facts).starts_with(
        "Last login: Sat Nov 21 22:25:00 2026 from 10.0.0.7 on tty1\n"));
    facts.nologin = "Closed.";
    CHECK(greeting(facts).starts_with("Closed.\nThe system is closed to everybody else.\nLast"));
}

TEST_CASE("greeting: hushlogin leaves only what root must know") {
    const GreetingFacts facts{.last_login = GreetingFacts::LastTime{.when = "now"},
                              .messages_of_the_day = {"motd"},
                              .quiet = true};
    CHECK(greeting(facts) == "");
    GreetingFacts closed = facts;
    closed.nologin = "Closed.\n";
    CHECK(greeting(closed) == "Closed.\nThe system is closed to everybody else.\n");
}

TEST_CASE("T-11 greeting: a host that writes escape sequences is shown as it is") {
    const GreetingFacts facts{
        .last_login = GreetingFacts::LastTime{.when = "now", .line = "x\n", .host = "\x1b[2Jevil"}};
    CHECK(greeting(facts) == "Last login: now from ^[[2Jevil on x^J\n");
}

TEST_CASE("hushlogin: an absolute file lists names and shells, an empty one means everybody") {
    CHECK(login::is_hushed_by("", "demo", "/bin/sh"));
    CHECK(login::is_hushed_by("root\ndemo\n", "demo", "/bin/sh"));
    CHECK(login::is_hushed_by("/bin/sh", "demo", "/bin/sh"));
    CHECK_FALSE(login::is_hushed_by("root\n", "demo", "/bin/sh"));
    CHECK_FALSE(login::is_hushed_by("\n", "demo", ""));
    CHECK_FALSE(login::is_hushed_by("demon\n", "demo", "/bin/sh"));
}
