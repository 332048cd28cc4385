#pragma once

#include "tests/pty/line.hpp"
#include "tests/pty/process.hpp"
#include "tests/pty/world.hpp"

#include <string>
#include <utility>
#include <vector>

namespace pty {

/// Who lets people in (LOGIN_GATE).
enum class Gate { pam, shadow };
[[nodiscard]] std::string name_of(Gate gate);

/// The gates login has been built with.
[[nodiscard]] std::vector<Gate> gates();

/// Skips the running test case when login has not been built with it.
void choose_gate(const World& world, Gate gate);

/// What the shell of somebody added by add_person() prompts with. Nothing else
/// shows it.
constexpr const char* shell_prompt = "ready> ";

/// An account whose ~/.profile sets that prompt, for dash and bash.
void add_person(const World& world, const Account& account);

/// The command line of our getty for "{line}", with our login and TERM=dumb,
/// in which bash sends no escape sequences.
[[nodiscard]] std::vector<std::string> getty_command(const std::vector<std::string>& options = {});
/// Starts it as an init does: a session leader with an empty environment that
/// knows the line by name only.
[[nodiscard]] Process start_getty(const Line& line, const std::vector<std::string>& options = {});

/// Somebody types a name and a password at getty's prompt and waits for the shell's.
void log_in(Line& line,
            const std::string& name,
            const std::string& password,
            const Place& place = {});

/// Types a command at the shell's prompt. Returns what came between the echo
/// of it and the next prompt.
std::string ask_shell(Line& line, const std::string& command, const Place& place = {});

/// The line's record in utmp; nothing of a record before there is one.
[[nodiscard]] Record record_of(const World& world, const Line& line);

/// Entries of wtmp for the line with this type.
[[nodiscard]] std::size_t count_in_wtmp(const World& world, const Line& line, short type);

/// What our programs, and not PAM modules inside them, have logged.
[[nodiscard]] std::vector<std::string> our_log_lines(World& world);

/// Those of one process.
[[nodiscard]] std::vector<std::string> log_lines_of(World& world, pid_t process);

/// The rows of what `strace -f -o` writes. A call that another process' came into stands
/// there in two: "7 fchown(0, 0, 5 <unfinished ...>" and "7 <... fchown resumed>) = 0".
[[nodiscard]] std::vector<std::string> rows_of_trace(const std::string& trace);
/// Whether a trace that `strace -f -o` writes goes on to the end of this process.
[[nodiscard]] bool has_exited(const std::string& trace, pid_t process);

/// Somebody on a line of their own, for tests with several at a time.
struct Visit {
    explicit Visit(std::string name, const std::vector<std::string>& options = {})
        : what(std::move(name)), login(start_getty(line, options)) {}

    std::string what;
    Line line;
    Process login;  ///< what getty becomes
    pid_t session = 0;
};

/// What the kernel says its consoles are, in this World. Skips the test case on a
/// kernel that does not.
void set_active_consoles(const World& world, const std::string& names);

/// What the line and its node are between two sessions.
constexpr Line::Owner nobodys_line{.user = 0, .group = 5, .mode = 0600};

}  // namespace pty
