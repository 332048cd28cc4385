#include "login/root_lines.hpp"

#include <string>

#include <doctest/doctest.h>

using login::list_against_root;
using login::RootLines;

TEST_CASE("root's lines: a list has a line in each line, or not") {
    const char* const text = "# comment\nconsole\n  tty1  # the first\r\nttyS0#serial\npts/1 x\n";
    for (const char* line : {"console", "tty1", "ttyS0", "pts/1"}) {
        CHECK(login::lists_line(text, line));
    }
    for (const char* line : {"tty", "tty10", "x", "#", "", "comment", "serial"}) {
        CHECK_FALSE(login::lists_line(text, line));
    }
}

TEST_CASE("root's lines: every list that is there must have the line") {
    struct Row {
        RootLines lists;
        const char* against;  ///< "": none
    };
    const char* const secure = "tty1 \"/sbin/getty 38400\" linux on secure\n";
    const Row rows[] = {
        {{}, ""},
        {{.securetty = "tty1"}, ""},
        {{.securetty = "tty2"}, "/etc/securetty"},
        {{.securetty = ""}, "/etc/securetty"},
        {{.console = "console\ntty1"}, ""},
        {{.console = "console"}, "CONSOLE"},
        {{.ttys = secure}, ""},
        {{.ttys = "tty2 none linux secure"}, "/etc/ttys"},
        {{.securetty = "tty1", .console = "tty1", .ttys = secure}, ""},
        {{.securetty = "tty1", .console = "tty2", .ttys = secure}, "CONSOLE"},
    };
    for (const Row& row : rows) {
        CHECK(list_against_root(row.lists, "tty1").value_or("") == row.against);
    }
    CHECK(list_against_root({.securetty = "tty1"}, "").value_or("") == "/etc/securetty");
}

TEST_CASE("root's lines: ttys(5) says secure of a line, or it is not") {
    struct Row {
        const char* entry;
        bool secure;
    };
    const Row rows[] = {
        {"tty1 \"/sbin/getty secure\" linux on", false},
        {"tty1 \"/sbin/getty x\" secure on", false},
        {"tty1 none linux secure # insecure", true},
        {"tty1 none linux # secure", false},
        {"tty1 none linux on secure insecure", false},
        {"tty1 none linux insecure secure", true},
        {"tty1 secure", false},
        {"tty1", false},
        {"# tty1 none linux secure", false},
        {"tty1\tnone\tlinux\tsecure", true},
        {"tty1 none linux on\ntty1 none linux secure", false},
        {"tty11 none linux secure", false},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.entry});
        CHECK(list_against_root({.ttys = row.entry}, "tty1").has_value() == !row.secure);
    }
}
