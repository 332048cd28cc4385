#pragma once

#include "tests/pty/accounts.hpp"
#include "tests/pty/line.hpp"
#include "tests/vm/machine.hpp"

#include <string>

namespace vm {

/// Who has an account in the guest.
inline const pty::Account ann{
    .name = "ann", .user = 1001, .password = "secret", .shell = "/bin/bash"};
inline const pty::Account bob{
    .name = "bob", .user = 1002, .password = "bobs own", .shell = "/bin/sh"};
constexpr const char* roots_password = "toor";

/// What their shells prompt with.
constexpr const char* shell_prompt = "ready> ";
/// The same, as the rows of a screen are read.
constexpr const char* shell_prompt_on_screen = "ready>";

/// The one machine of this test program, which boots when it is first asked
/// for. Where that has failed it does so again, at once.
[[nodiscard]] Machine& the_machine();

/// By key presses on tty1.
void type_name_and_password(const pty::Account& account = ann, const pty::Place& place = {});

/// What init has started for a line: the number of the getty or login on it.
[[nodiscard]] std::string leader_on(const std::string& line);
/// "ann:tty 620\n"
[[nodiscard]] std::string node_of(const std::string& line);
constexpr const char* nobodys_node = "root:tty 600\n";
/// The lines of the log with this text.
[[nodiscard]] std::string log_of(const std::string& text);

/// A new prompt on a line that is waiting for a name, whatever has been typed on
/// it; who is still logged in on it, since a test case has failed, has gone.
pty::Line& prompt_on(const std::string& name, const pty::Place& place = {});

/// Somebody answers the two questions and waits for their shell's prompt.
void answer_as(const pty::Account& account, pty::Line& line, const pty::Place& place = {});

/// Both, one after the other.
pty::Line& log_in(const std::string& name,
                  const pty::Account& account = ann,
                  const pty::Place& place = {});

/// Types a command at the shell's prompt. Returns what came between the echo
/// of it and the next prompt.
std::string ask_shell(pty::Line& line, const std::string& command, const pty::Place& place = {});

/// Leaves the shell, and waits for the next prompt of getty's.
void log_out(pty::Line& line, const pty::Place& place = {});

}  // namespace vm
