#include "login/line.hpp"

#include "common/log.hpp"
#include "common/program.hpp"
#include "common/record_file.hpp"
#include "common/safe_text.hpp"
#include "common/unique_fd.hpp"

#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace login {

namespace {

common::Terminal standard_input_or_refuse() {
    try {
        return common::Terminal::standard_input();
    } catch (const std::system_error&) {
        throw common::UsageError{"standard input is not a terminal"};
    }
}

/// The device that stands for whatever controls the process that opens it, and
/// the far side of a pseudo terminal, take no owner and are nobody's line.
void require_line(dev_t device) {
    const dev_t own_terminal = ::makedev(5, 0);
    const dev_t far_sides = ::makedev(5, 2);
    if (device == own_terminal || device == far_sides) {
        throw common::UsageError{"standard input is not a line of its own"};
    }
}

bool leads_session_without_terminal(pid_t self) {
    const common::UniqueFd own{::open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)};
    return !own.is_open() && ::getsid(0) == self;
}

/// Whether we are what somebody has started from their shell and waits for. The
/// line is given back to a process group, so ours must have a number here: in a
/// pid namespace of our own it has none.
bool is_foreground_job(const common::Terminal& terminal, pid_t its_session) {
    const pid_t group = ::getpgrp();
    return its_session >= 0 && its_session == ::getsid(0) && group > 0 &&
           ::tcgetpgrp(terminal.descriptor()) == group;
}

/// A terminal that controls a session with somebody else at its head, an
/// interactive shell, is not taken away from them.
SessionOwner owner_of_session(const common::Terminal& terminal, pid_t self) {
    const pid_t its_session = ::tcgetsid(terminal.descriptor());
    if (its_session == self) {
        return SessionOwner::login;
    }
    if (is_foreground_job(terminal, its_session)) {
        return SessionOwner::caller;
    }
    // Whose it is otherwise, the kernel tells only by letting us have it or not:
    // we lead a session without a terminal, under setsid(1), say.
    const bool is_anothers = its_session <= 0 && leads_session_without_terminal(self) &&
                             ::ioctl(terminal.descriptor(), TIOCSCTTY, 0) != 0 && errno == EPERM;
    if (its_session > 0 || is_anothers) {
        throw common::UsageError{"this terminal is in use by a shell: use: exec login"};
    }
    return SessionOwner::login;
}

bool is_pseudo_terminal(dev_t device) {
    constexpr unsigned first_major = 136;
    constexpr unsigned last_major = 143;
    return ::major(device) >= first_major && ::major(device) <= last_major;
}

std::optional<utmpx> own_record(pid_t self) {
    std::optional<utmpx> found;
    // getty has written it before it became us.
    common::tolerate("look for the record of this line", [&found, self] {
        found = common::record_of(
            common::read_records(common::RecordPaths{}.utmp, common::Writers::pass), self);
    });
    return found;
}

/// A host that a network daemon left in the record it wrote for us.
void use_recorded_host(const utmpx& record, dev_t device, Line& line) {
    // Somebody from elsewhere, whatever it is that stands there.
    constexpr const char* unspecified = "0.0.0.0";
    const std::string_view recorded = common::text_of(record.ut_host);
    if (recorded.empty() || !line.shown_host.empty()) {
        return;
    }
    std::string host = without_port(recorded);
    if (!is_possible_host(host)) {
        common::log(common::Severity::warning,
                    "the host in the record of this line is none: " + common::quoted(recorded));
        host = unspecified;
    }
    line.shown_host = host;
    if (is_pseudo_terminal(device)) {
        line.remote_host = host;
    }
}

}  // namespace

std::string Line::origin() const {
    if (!shown_host.empty()) {
        return shown_host;
    }
    return name.empty() ? "a line without a name" : common::safe_text(name);
}

std::optional<unsigned> virtual_terminal_of(dev_t device) {
    constexpr unsigned console_major = 4;
    constexpr unsigned last_console = 63;
    const unsigned number = ::minor(device);
    const bool is_one = ::major(device) == console_major && number >= 1 && number <= last_console;
    return is_one ? std::optional{number} : std::nullopt;
}

std::string without_port(std::string_view recorded) {
    if (recorded.starts_with('[')) {
        return std::string{recorded.substr(1, recorded.find(']') - 1)};
    }
    const auto colon = recorded.find(':');
    const bool is_port =
        colon != std::string_view::npos && colon > 0 && colon + 1 < recorded.size() &&
        recorded.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
    return std::string{is_port ? recorded.substr(0, colon) : recorded};
}

common::Environment seat_of(const Line& line) {
    common::Environment seat;
    if (line.virtual_terminal && !line.remote_host) {
        // The kernel's virtual terminals are the first seat's (sd-login(3)).
        seat.set("XDG_SEAT", "seat0");
        seat.set("XDG_VTNR", std::to_string(*line.virtual_terminal));
    }
    return seat;
}

TakenTerminal take_terminal() {
    common::Terminal terminal = standard_input_or_refuse();
    require_line(terminal.device());
    const pid_t self = ::getpid();
    const SessionOwner owner = owner_of_session(terminal, self);
    // Modules and programs that we start get an opening of their own, one that
    // blocks as they expect; ours never does.
    const common::Terminal theirs = terminal.open_again();
    theirs.become_standard();
    theirs.set_blocking();
    if (!terminal.has_own_opening()) {
        // The two may be one.
        const int flags = ::fcntl(terminal.descriptor(), F_GETFL);
        ::fcntl(terminal.descriptor(), F_SETFL, flags | O_NONBLOCK);
    }
    return {.terminal = std::move(terminal), .session_owner = owner, .login = self};
}

Line look_at_line(const TakenTerminal& taken, const Options& options) {
    const common::Terminal& terminal = taken.terminal;
    const dev_t device = terminal.real_device();
    Line line{.path = terminal.path(),
              .name = std::string{terminal.name()},
              .remote_host = options.host,
              .shown_host = options.host.value_or(""),
              .virtual_terminal = virtual_terminal_of(device),
              .session_owner = taken.session_owner,
              .login = taken.login};
    if (line.name.empty()) {
        common::log(common::Severity::notice, "this line has no name here: it gets no record");
    }
    // One that is another line's has only our number, from a process before us.
    if (const auto record = own_record(line.login);
        record && (common::text_of(record->ut_line).empty() ||
                   common::text_of(record->ut_line) == line.name)) {
        line.record_id = common::text_of(record->ut_id);
        use_recorded_host(*record, device, line);
    }
    return line;
}

}  // namespace login
