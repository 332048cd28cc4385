#pragma once

#include "common/environment.hpp"
#include "common/terminal.hpp"
#include "login/options.hpp"

#include <optional>
#include <string>
#include <string_view>

#include <unistd.h>

namespace login {

/// Whose session the line controls while somebody is logged in.
enum class SessionOwner {
    login,   ///< the shell gets one of its own, with the line
    caller,  ///< we were started from a shell, which only lends us its line
};

/// What there is to know of the line we are on, and of who is at its other end.
struct Line {
    std::string path{};       ///< "" where the line has no name here
    std::string name{};       ///< without "/dev/"
    std::string record_id{};  ///< ut_id of the record that init or getty wrote for us
    std::optional<std::string> remote_host{};  ///< counts as -h
    std::string shown_host{};                  ///< for records and log
    std::optional<unsigned> virtual_terminal{};
    SessionOwner session_owner = SessionOwner::login;
    /// That serves it: login's own, asked for once.
    pid_t login = ::getpid();

    /// For the log: the host, or the line.
    [[nodiscard]] std::string origin() const;
};

struct TakenTerminal {
    common::Terminal terminal;
    SessionOwner session_owner;
    pid_t login;  ///< our own number
};

/// Opens standard input as ours and puts the line on descriptors 1 and 2.
/// Throws common::UsageError where it is no terminal, or is the terminal of a
/// living session that we neither lead nor are the foreground job of.
[[nodiscard]] TakenTerminal take_terminal();

[[nodiscard]] Line look_at_line(const TakenTerminal& taken, const Options& options);

/// The number of a virtual terminal of the console driver, if the device is one.
[[nodiscard]] std::optional<unsigned> virtual_terminal_of(dev_t device);

/// A host as network daemons record it, which may have a port after it:
/// `192.0.2.1:40000`, `[2001:db8::1]:40000`.
[[nodiscard]] std::string without_port(std::string_view recorded);

/// XDG_SEAT and XDG_VTNR of somebody who sits at a virtual terminal, nothing for
/// anybody else: told by the line alone, and not by what login was started with.
[[nodiscard]] common::Environment seat_of(const Line& line);

}  // namespace login
