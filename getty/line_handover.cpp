#include "common/log.hpp"
#include "common/program.hpp"
#include "common/safe_text.hpp"
#include "common/text_file.hpp"
#include "getty/console_lines.hpp"
#include "getty/descriptor_limit.hpp"
#include "getty/exit_status.hpp"
#include "getty/line.hpp"
#include "getty/login_command.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace getty {

namespace {

using namespace std::chrono_literals;

/// A line that takes no output must not keep a person from login for ever.
constexpr auto patience_with_output = 10s;
constexpr const char* rescue_program = "/sbin/sulogin";

/// One of the kernel's consoles.
bool is_console(std::string_view line) {
    const auto lines =
        console_lines(common::read_text_file("/sys/class/tty/console/active").value_or(""));
    return line == "console" || std::find(lines.begin(), lines.end(), line) != lines.end();
}

/// `path` is there.
bool is_our_login(const std::string& path) {
    struct stat program {};
    struct stat ours {};
    return path == TTYGATE_INSTALLED_LOGIN ||
           (::stat(TTYGATE_INSTALLED_LOGIN, &ours) == 0 && ::stat(path.c_str(), &program) == 0 &&
            program.st_dev == ours.st_dev && program.st_ino == ours.st_ino);
}

/// Root, directory and niceness may be login's when it fails: there is no way back.
[[noreturn]] void become_or_fail(const common::Terminal& terminal,
                                 const Options& options,
                                 const std::vector<std::string>& arguments,
                                 const common::Environment& environment) {
    try {
        // The descriptors that login inherits share this open line.
        terminal.set_blocking();
        become_login(options, arguments, environment);
    } catch (const std::system_error& problem) {
        // What is said about it must not wait for a line that is stopped.
        terminal.set_non_blocking();
        throw common::Failure{no_login,
                              arguments.front() + " cannot be started: cannot " + problem.what()};
    }
}

}  // namespace

std::string Line::terminal_type() const {
    if (!options_->terminal_type.empty()) {
        return options_->terminal_type;
    }
    const char* const inherited = ::getenv("TERM");
    if (inherited != nullptr && *inherited != '\0') {
        return inherited;
    }
    return claimed_->terminal.is_virtual_terminal() ? "linux" : "vt220";
}

void Line::become_login(Clock::time_point now) {
    if (!unwritten_.empty()) {
        // A name typed ahead: the issue and the prompt are still on their way.
        times_.written = times_.written.value_or(now + patience_with_output);
        if (now < *times_.written) {
            return;
        }
    }
    times_.written.reset();
    const std::string program = program_outside(*options_);
    try {
        if (const int problem = problem_with_program(program); problem != 0) {
            do_without_login(problem, now);
        } else {
            become_login_program(program);
        }
    } catch (const std::system_error& problem) {
        on_trouble(problem, now);
    }
}

void Line::become_login_program(const std::string& program) {
    // What is open of it would only be closed by the exec.
    issue_.stop();
    const auto* const typed = std::get_if<TypedName>(&answer_);
    const std::string name = options_->autologin.value_or(typed != nullptr ? typed->name : "");
    give_line_to_login(is_our_login(program) ? LoginEcho::off : LoginEcho::on);
    start(*options_, login_arguments(*options_, name));
}

/// In place of this process, or beside it where there are other lines to serve.
void Line::start(const Options& options, const std::vector<std::string>& arguments) {
    if (company_ == Company::alone) {
        // It is ending meanwhile, and no child of login's.
        end_reading();
        become_or_fail(claimed_->terminal, options, arguments, environment());
    }
    const auto become = [&] {
        common::tolerate("record the login", [this] { record_login(); });
        restore_descriptor_limit();
        become_or_fail(claimed_->terminal, options, arguments, environment());
    };
    try {
        leave_to_login(start_login(claimed_->terminal, become));
    } catch (const std::system_error& problem) {
        throw common::Failure{no_login,
                              arguments.front() + " cannot be started: cannot " + problem.what()};
    }
}

void Line::give_line_to_login(LoginEcho echo) {
    const common::Terminal& terminal = claimed_->terminal;
    const auto* const typed = std::get_if<TypedName>(&answer_);
    const NameTyping typing = typed != nullptr ? typed->typing : NameTyping{};
    quiet_.reset();
    terminal.set_modes(
        login_modes(claimed_->found_modes, terminal.modes(), *options_, typing, echo));
    if (options_->profile.login_speed) {
        common::tolerate("set the speed for login",
                         [&] { terminal.set_speed(*options_->profile.login_speed); });
    }
}

common::Environment Line::environment() const {
    auto inherited = common::Environment::from(environ);
    if (!options_->language.empty()) {
        inherited.set("LANGUAGE", options_->language);
    }
    return login_environment(inherited, terminal_type(), options_->profile);
}

/// No login program: said on the line, once in the log, and looked for again
/// when the next name comes. On a console sulogin(8) may let root in meanwhile.
void Line::do_without_login(int problem, Clock::time_point now) {
    end_reading();
    const std::string reason =
        program_outside(*options_) + " cannot be run: " + common::error_text(problem);
    if (!std::exchange(missing_login_is_logged_, true)) {
        common::log(common::Severity::error, reason);
    }
    emit(bell() +
         common::safe_text(options_->nologin_message.empty() ? reason : options_->nologin_message) +
         "\r\n");
    if (options_->sulogin && is_console(claimed_->terminal.name()) &&
        ::access(rescue_program, X_OK) == 0) {
        become_rescue_login();
        return;
    }
    state_ = LineState::asking;
    times_.ask_again = now + longest_pause;
}

void Line::become_rescue_login() {
    common::log(common::Severity::warning,
                "handing " + std::string{claimed_->terminal.name()} + " over to " + rescue_program);
    give_line_to_login(LoginEcho::on);
    start({}, {rescue_program});
}

}  // namespace getty
