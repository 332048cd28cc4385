#include "getty/claim_line.hpp"

#include "common/log.hpp"
#include "common/program.hpp"
#include "common/signals.hpp"
#include "common/syscall.hpp"
#include "common/terminal_speed.hpp"
#include "common/unique_fd.hpp"
#include "getty/exit_status.hpp"
#include "getty/line_modes.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>

#include <fcntl.h>
#include <linux/serial.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

namespace getty {

namespace {

using common::check;
using common::Terminal;

constexpr const char* standard_input_word = "-";

/// The parent of a getty that could not lead a session itself: init knows only
/// this process, so what init says is passed on and the child's end is ours.
[[noreturn]] void stand_in_for(pid_t child, common::SignalQueue& signals) {
    for (;;) {
        pollfd queue{.fd = signals.descriptor(), .events = POLLIN, .revents = 0};
        ::poll(&queue, 1, -1);
        while (const auto number = signals.next()) {
            if (*number != SIGCHLD) {
                ::kill(child, *number);
                continue;
            }
            int status = 0;
            if (::waitpid(child, &status, WNOHANG) == child) {
                throw common::Leave{WIFEXITED(status) ? WEXITSTATUS(status)
                                                      : 128 + WTERMSIG(status)};
            }
        }
    }
}

/// Gives up a controlling terminal that is not the line: a session has one only.
void drop_other_terminal(const Terminal& line) {
    const common::UniqueFd controlling{
        ::open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)};
    unsigned device = 0;
    if (controlling.is_open() && ::ioctl(controlling.get(), TIOCGDEV, &device) == 0 &&
        device != line.device()) {
        ::ioctl(controlling.get(), TIOCNOTTY);
    }
}

/// A device that may still come: waited for, not an error.
bool may_appear(int error_number) {
    return error_number == ENOENT || error_number == ENXIO || error_number == ENODEV ||
           error_number == EIO || error_number == EAGAIN || error_number == EBUSY;
}

/// The device that stands for whatever terminal a process has, and the one that
/// makes pseudo terminals, are everybody's: taking them would shut all out.
void require_line(const Terminal& line) {
    const dev_t own_terminal = ::makedev(5, 0);
    const dev_t maker_of_terminals = ::makedev(5, 2);
    if (line.device() == own_terminal || line.device() == maker_of_terminals) {
        throw common::Failure{no_terminal, line.path() + " is not a line of its own"};
    }
}

/// The driver of PC serial ports has a node for each port that a machine may
/// have, with hardware behind it or not. (Other drivers have no type to tell.)
/// Numbers: 4, 64 and up, devices.txt.
bool has_hardware(const Terminal& line) {
    const dev_t device = line.device();
    serial_struct port{};
    return major(device) != 4 || minor(device) < 64 ||
           ::ioctl(line.descriptor(), TIOCGSERIAL, &port) != 0 || port.type != PORT_UNKNOWN;
}

std::optional<Terminal> open_line(const std::string& name) {
    const bool from_standard_input = name == standard_input_word;
    if (name.find("..") != std::string::npos) {
        throw common::Failure{no_terminal, name + ": name the line without .. in its path"};
    }
    try {
        return from_standard_input ? Terminal::standard_input()
                                   : Terminal::open(common::line_path(name));
    } catch (const std::system_error& problem) {
        if (problem.code().value() == ENOTTY) {
            const std::string what =
                from_standard_input ? "standard input" : common::line_path(name);
            throw common::Failure{no_terminal, what + " is no terminal"};
        }
        if (from_standard_input || !may_appear(problem.code().value())) {
            throw;
        }
        return std::nullopt;
    }
}

/// Ends every older use of the line, ours included, and opens it anew.
std::optional<Terminal> hang_up_and_reopen(Terminal line) {
    if (!common::tolerate("hang up " + line.path(), [&] { line.hang_up(); })) {
        return line;
    }
    // A line that is our controlling terminal tells us. Where init has left SIGHUP blocked
    // that waits, and would end login: to ignore it again discards it.
    common::ignore_signal(SIGHUP);
    // Standard input too: descriptor 0 is dead now, and only its name leads back.
    try {
        return line.open_by_name();
    } catch (const std::system_error& problem) {
        if (!may_appear(problem.code().value())) {
            throw;
        }
        return std::nullopt;
    }
}

/// Not everywhere allowed, and hardly ever needed.
void unlock_modes(const Terminal& line) {
    try {
        line.unlock_modes();
    } catch (const std::system_error& problem) {
        static_cast<void>(problem);
    }
}

void become_controlling(const Terminal& line) {
    if (::ioctl(line.descriptor(), TIOCSCTTY, 0) == 0) {
        return;
    }
    drop_other_terminal(line);
    if (::ioctl(line.descriptor(), TIOCSCTTY, 0) == 0) {
        return;
    }
    // Another session holds the line: whoever handed it to us as standard input
    // (a shell that ran us) gives it up. After a hang-up nobody holds it.
    check(::ioctl(line.descriptor(), TIOCSCTTY, 1), "become controlled by", line.path());
}

}  // namespace

void lead_session() {
    if (::getsid(0) == ::getpid() || ::setsid() >= 0) {
        return;
    }
    common::SignalQueue signals{
        SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCONT, SIGCHLD};
    const pid_t child = check(::fork(), "fork");
    if (child != 0) {
        stand_in_for(child, signals);
    }
    // Killed without a word, the parent can pass nothing on.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    check(::setsid(), "lead a session");
}

LineIdentity identity_of(const Terminal& line) {
    LineIdentity identity{.device = line.real_device()};
    struct stat status {};
    if (line.is_pseudo_terminal() && ::fstat(line.descriptor(), &status) == 0) {
        identity.file_system = status.st_dev;
    }
    return identity;
}

Claim claim_line(const std::string& name,
                 const Options& options,
                 Company company,
                 Visit visit,
                 std::span<const LineIdentity> served) {
    const bool was_given = name == standard_input_word;
    auto line = open_line(name);
    if (!line || !has_hardware(*line)) {
        return NotThere{};
    }
    require_line(*line);
    if (!served.empty() &&
        std::find(served.begin(), served.end(), identity_of(*line)) != served.end()) {
        return ServedAlready{};
    }
    if (!was_given) {
        if (auto session = session_on(*line, {company, visit, options.login_program})) {
            return *std::move(session);
        }
    }
    const termios found_modes = line->found_modes();
    const unsigned named_speed = common::speed_named_in(found_modes.c_cflag);
    const unsigned found_speed = named_speed != 0 ? named_speed : line->speed();
    unlock_modes(*line);
    // Echo goes first of all: what somebody types ahead may be a password.
    line->set_modes(name_modes(found_modes, options));

    // Owner before hang-up: whoever is thrown off must not be able to open the
    // line again before we ask for a name on it.
    common::tolerate("take over " + line->path(),
                     [&] { line->give_to(0, common::terminal_group(), 0600); });

    if (!was_given || options.hang_up) {
        line = hang_up_and_reopen(*std::move(line));
        if (!line) {
            return NotThere{};
        }
        // A hang-up puts some lines back to the modes they start with.
        line->set_modes(name_modes(found_modes, options));
    }
    line->undo_lasting_changes();
    ClaimedLine claimed{*std::move(line), found_modes, found_speed, was_given};
    if (company == Company::among_others) {
        return claimed;
    }
    try {
        take_for_session(claimed.terminal);
    } catch (const std::system_error&) {
        give_back(claimed, options);
        throw;
    }
    return claimed;
}

void take_for_session(const Terminal& line) {
    become_controlling(line);
    line.become_standard();
}

void give_back(const ClaimedLine& line, const Options& options) noexcept {
    try {
        const Terminal& terminal = line.terminal;
        if (line.found_speed != 0 && terminal.speed() != line.found_speed) {
            // What is still to be sent would be sent at another speed.
            constexpr std::chrono::milliseconds moment{200};
            terminal.drain(moment);
            terminal.set_speed(line.found_speed);
        }
        terminal.set_modes(
            line.was_given
                ? line.found_modes
                : login_modes(line.found_modes, terminal.modes(), options, {}, LoginEcho::on));
    } catch (const std::exception& problem) {
        // The line is gone, and nobody types on it.
        static_cast<void>(problem);
    }
}

}  // namespace getty
