#include "login/greeting.hpp"

#include <doctest/doctest.h>

using login::greeting;
using login::GreetingFacts;

TEST_CASE("greeting: what there is to say, in its order") {
    GreetingFacts facts{
        .last_login = GreetingFacts::LastTime{.when = "Sat Nov 21 22:25:00 2026", .line = "tty1"},
        .messages_of_the_day = {{.text = "one\n"}, {.text = "two"}},
        .mailbox = login::Mailbox::unread};
    CHECK(greeting({}) == "");
    CHECK(greeting(facts) ==
          "Last login: Sat Nov 21 22:25:00 2026 on tty1\none\ntwo\nYou have new mail.\n");
    facts.last_login->host = "10.0.0.7";
    facts.mailbox = login::Mailbox::read;
    CHECK(greeting(facts).starts_with(
        "Last login: Sat Nov 21 22:25:00 2026 from 10.0.0.7 on tty1\n"));
    CHECK(greeting(facts).ends_with("two\nYou have mail.\n"));
    facts.nologin = "Closed.";
    CHECK(greeting(facts).starts_with("Closed.\nThe system is closed to everybody else.\nLast"));
}

TEST_CASE("greeting: failed attempts, with the last of them") {
    GreetingFacts facts{
        .last_login = GreetingFacts::LastTime{.when = "now"},
        .failures = {.count = 1, .last = {.when = "then", .line = "tty2", .host = "evil"}}};
    CHECK(greeting(facts) ==
          "Last login: now\n"
          "Last failed login: then from evil on tty2\n"
          "There was 1 failed login attempt since the last successful login.\n");
    facts.failures.count = 3;
    CHECK(greeting(facts).ends_with(
        "There were 3 failed login attempts since the last successful login.\n"));
    facts.failures.all_counted = false;
    CHECK(greeting(facts).ends_with(
        "There were more than 3 failed login attempts since the last successful login.\n"));
    facts.last_login.reset();
    facts.failures.all_counted = true;
    CHECK(greeting(facts).ends_with("\nThere were 3 failed login attempts.\n"));
}

TEST_CASE("greeting: hushlogin leaves only what root must know") {
    const GreetingFacts facts{.last_login = GreetingFacts::LastTime{.when = "now"},
                              .failures = {.count = 1},
                              .messages_of_the_day = {{.text = "motd"}},
                              .mailbox = login::Mailbox::unread,
                              .quiet = true};
    CHECK(greeting(facts) == "");
    GreetingFacts closed = facts;
    closed.nologin = "Closed.\n";
    CHECK(greeting(closed) == "Closed.\nThe system is closed to everybody else.\n");
}

TEST_CASE("T-11 greeting: what others may have written is shown as it is, root's motd acts") {
    const GreetingFacts facts{
        .last_login = GreetingFacts::LastTime{.when = "now", .line = "x\n", .host = "\x1b[2Jevil"},
        .failures = {.count = 1, .last = {.when = "then", .line = "\r", .host = "\x9b"}},
        .messages_of_the_day = {{.text = "\x1b[1mbold\x1b[m\n", .trusted = true},
                                {.text = "\x1b[2Jevil\n"}},
        .nologin = "\x1b[2J"};
    CHECK(greeting(facts) ==
          "^[[2J\nThe system is closed to everybody else.\n"
          "Last login: now from ^[[2Jevil on x^J\n"
          "Last failed login: then from \\x9b on ^M\n"
          "There was 1 failed login attempt since the last successful login.\n"
          "\x1b[1mbold\x1b[m\n"
          "^[[2Jevil\n");
}

TEST_CASE("hushlogin: an absolute file lists names and shells, an empty one means everybody") {
    CHECK(login::is_hushed_by("", "demo", "/bin/sh"));
    CHECK(login::is_hushed_by("root\ndemo\n", "demo", "/bin/sh"));
    CHECK(login::is_hushed_by("/bin/sh", "demo", "/bin/sh"));
    CHECK_FALSE(login::is_hushed_by("root\n", "demo", "/bin/sh"));
    CHECK_FALSE(login::is_hushed_by("\n", "demo", ""));
    CHECK_FALSE(login::is_hushed_by("demon\n", "demo", "/bin/sh"));
}
