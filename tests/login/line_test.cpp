#include "login/line.hpp"

#include <string>
#include <vector>

#include <sys/sysmacros.h>

#include <doctest/doctest.h>

TEST_CASE("line: a virtual terminal is told by its device, never by a name") {
    CHECK(login::virtual_terminal_of(::makedev(4, 1)) == 1U);
    CHECK(login::virtual_terminal_of(::makedev(4, 63)) == 63U);
    CHECK_FALSE(login::virtual_terminal_of(::makedev(4, 0)));
    CHECK_FALSE(login::virtual_terminal_of(::makedev(4, 64)));  // ttyS0
    CHECK_FALSE(login::virtual_terminal_of(::makedev(5, 1)));   // console
    CHECK_FALSE(login::virtual_terminal_of(::makedev(136, 1)));
}

TEST_CASE("line: the log has the host where there is one, else the line") {
    CHECK(login::Line{.name = "tty1"}.origin() == "tty1");
    CHECK(login::Line{.name = "pts/1", .shown_host = "host"}.origin() == "host");
    CHECK(login::Line{}.origin() == "a line without a name");
    CHECK(login::Line{.name = "a\x1b"}.origin() == "a^[");
}

TEST_CASE("line: who sits at a virtual terminal has a seat, nobody else") {
    using Entries = std::vector<std::string>;
    CHECK(login::seat_of({.name = "tty2", .virtual_terminal = 2}).entries() ==
          Entries{"XDG_SEAT=seat0", "XDG_VTNR=2"});
    CHECK(login::seat_of({.name = "tty2", .remote_host = "host", .virtual_terminal = 2})
              .entries()
              .empty());
    CHECK(login::seat_of({.name = "pts/2"}).entries().empty());
}

TEST_CASE("line: of a host that a network daemon has recorded the port is left out") {
    struct Row {
        const char* recorded;
        const char* host;
    };
    for (const Row& row : {Row{"192.0.2.1:40000", "192.0.2.1"},
                           Row{"[2001:db8::1]:40000", "2001:db8::1"},
                           Row{"[2001:db8::1%eth0]:23", "2001:db8::1%eth0"},
                           Row{"far.example.org:23", "far.example.org"},
                           Row{"192.0.2.1", "192.0.2.1"},
                           Row{"2001:db8::1", "2001:db8::1"},
                           Row{"::1", "::1"},
                           Row{"far.example.org", "far.example.org"},
                           Row{":0", ":0"},
                           Row{"far:", "far:"},
                           Row{"[", ""},
                           Row{"[]:1", ""},
                           Row{"", ""}}) {
        CAPTURE(std::string{row.recorded});
        CHECK(login::without_port(row.recorded) == row.host);
    }
}
