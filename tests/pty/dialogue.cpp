#include "tests/pty/dialogue.hpp"

#include "common/syscall.hpp"
#include "tests/testing.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <sstream>
#include <utility>

#include <sys/mount.h>
#include <unistd.h>

namespace pty {

namespace {

/// "pam_unix(login:auth): ..." is a module's, "PAM 2 more ..." libpam's or what a module
/// sums up; what login says of either names a function, or what it could not do.
bool is_of_modules(std::string_view text) {
    const bool names_module =
        text.starts_with("pam_") && text.substr(0, text.find(' ')).find('(') != text.npos;
    return names_module || text.starts_with("PAM ");
}

/// "<86>login[123]: ": the facility and severity, then at once who it is, as other
/// programs' lines have a time in between.
bool is_ours(const std::string& datagram) {
    const auto end_of_priority = datagram.find('>');
    const auto bracket = datagram.find('[');
    const auto end_of_head = datagram.find("]: ");
    if (end_of_priority == std::string::npos || bracket == std::string::npos ||
        end_of_head == std::string::npos) {
        return false;
    }
    const auto name = datagram.substr(end_of_priority + 1, bracket - end_of_priority - 1);
    return (name == "getty" || name == "login") &&
           !is_of_modules(std::string_view{datagram}.substr(end_of_head + 3));
}

}  // namespace

std::string name_of(Gate gate) {
    return gate == Gate::pam ? "pam" : "shadow";
}

std::vector<Gate> gates() {
    if constexpr (TTYGATE_WITH_PAM != 0) {
        return {Gate::shadow, Gate::pam};
    }
    return {Gate::shadow};
}

void choose_gate(const World& world, Gate gate) {
    if (gate == Gate::pam && TTYGATE_WITH_PAM == 0) {
        tests::skip("needs a login that is built with PAM");
    }
    world.append_file("/etc/ttygate/login.conf", "LOGIN_GATE " + name_of(gate) + "\n");
}

void add_person(const World& world, const Account& account) {
    world.add_user(account);
    world.write_file(home_of(account) + "/.profile",
                     std::string{"export PS1='"} + shell_prompt + "'\n");
}

std::vector<std::string> getty_command(const std::vector<std::string>& options) {
    std::vector<std::string> words{World::getty(), "-l", World::login()};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"{line}", "dumb"});
    return words;
}

Process start_getty(const Line& line, const std::vector<std::string>& options) {
    return line.start_for({.arguments = getty_command(options)});
}

void log_in(Line& line, const std::string& name, const std::string& password, const Place& place) {
    line.expect("login: ", default_deadline, place);
    line.send(name + "\r", place);
    line.expect("Password: ", default_deadline, place);
    line.send(password + "\r", place);
    line.expect(shell_prompt, default_deadline, place);
}

std::string ask_shell(Line& line, const std::string& command, const Place& place) {
    line.send(command + "\r", place);
    line.expect(command + "\r\n", default_deadline, place);
    return line.expect(shell_prompt, default_deadline, place);
}

Record record_of(const World& world, const Line& line) {
    return last_for_line(world.utmp(), line.name()).value_or(Record{});
}

std::size_t count_in_wtmp(const World& world, const Line& line, short type) {
    const auto records = world.wtmp();
    return static_cast<std::size_t>(
        std::count_if(records.begin(), records.end(), [&](const Record& record) {
            return record.type == type && record.line == line.name();
        }));
}

std::vector<std::string> our_log_lines(World& world) {
    const auto& all = world.log_lines();
    std::vector<std::string> ours;
    std::copy_if(all.begin(), all.end(), std::back_inserter(ours), is_ours);
    return ours;
}

std::vector<std::string> log_lines_of(World& world, pid_t process) {
    auto lines = our_log_lines(world);
    const std::string id = "[" + std::to_string(process) + "]: ";
    lines.erase(std::remove_if(lines.begin(),
                               lines.end(),
                               [&](const auto& line) { return line.find(id) == line.npos; }),
                lines.end());
    return lines;
}

std::vector<std::string> rows_of_trace(const std::string& trace) {
    constexpr std::string_view to_come = " <unfinished ...>";
    constexpr std::string_view comes = " resumed>";
    std::vector<std::string> rows;
    std::map<std::string, std::string> begun;
    std::istringstream lines{trace};
    for (std::string text; std::getline(lines, text);) {
        const std::string process = text.substr(0, text.find(' '));
        const auto rest = text.find(comes);
        if (text.ends_with(to_come)) {
            begun[process] = text.substr(0, text.size() - to_come.size());
        } else if (rest != text.npos && text.find("<... ") < rest) {
            rows.push_back(std::exchange(begun[process], {}) + text.substr(rest + comes.size()));
        } else {
            rows.push_back(text);
        }
    }
    return rows;
}

bool has_exited(const std::string& trace, pid_t process) {
    std::istringstream lines{trace};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(std::to_string(process) + " ") &&
            line.find("+++ exited") != line.npos) {
            return true;
        }
    }
    return false;
}

void set_active_consoles(const World& world, const std::string& names) {
    const char* active = "/sys/class/tty/console/active";
    if (::access(active, F_OK) != 0) {
        tests::skip("needs a kernel that tells its consoles");
    }
    world.write_file("/run/active", names);
    common::check(::mount("/run/active", active, nullptr, MS_BIND, nullptr), "mount");
}

}  // namespace pty
