#include "login/shell_command.hpp"

#include <doctest/doctest.h>

using login::shell_command;
using login::ShellCommand;

TEST_CASE("shell command: the field itself, with a dash before the last part of it") {
    CHECK(shell_command("/bin/bash") == ShellCommand{.path = "/bin/bash", .argv0 = "-bash"});
    CHECK(shell_command("") == ShellCommand{.path = "/bin/sh", .argv0 = "-sh"});
    CHECK(shell_command("/usr/local/bin/zsh").argv0 == "-zsh");
    CHECK(shell_command("sh") == ShellCommand{.path = "sh", .argv0 = "-sh"});
    CHECK(shell_command("/bin/") == ShellCommand{.path = "/bin/", .argv0 = "-"});
}
