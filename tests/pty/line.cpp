#include "tests/pty/line.hpp"

#include "common/syscall.hpp"
#include "tests/pty/escaped.hpp"

#include <array>
#include <ostream>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pty {

namespace {

common::UniqueFd open_master() {
    common::UniqueFd master{
        common::check(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK), "posix_openpt")};
    common::check(::grantpt(master.get()), "grantpt");
    common::check(::unlockpt(master.get()), "unlockpt");
    return master;
}

std::string slave_path(const common::UniqueFd& master) {
    unsigned int number = 0;
    common::check(::ioctl(master.get(), TIOCGPTN, &number), "TIOCGPTN");
    return "/dev/pts/" + std::to_string(number);
}

void replace_all(std::string& text, std::string_view old, std::string_view replacement) {
    for (auto at = text.find(old); at != std::string::npos;
         at = text.find(old, at + replacement.size())) {
        text.replace(at, old.size(), replacement);
    }
}

}  // namespace

Command naming_line(Command command, std::string_view name) {
    for (std::string& argument : command.arguments) {
        replace_all(argument, "{line}", name);
    }
    return command;
}

Line::Line() : master_(open_master()), path_(slave_path(master_)) {}

std::string Line::name() const {
    constexpr std::string_view directory = "/dev/";
    return path_.substr(directory.size());
}

Process Line::start_on(Command command) const {
    command.standard = Standard::line;
    return Process{command, path_};
}

Process Line::start_for(Command command) const {
    return Process{naming_line(std::move(command), name()), path_};
}

void Line::send(std::string_view keys, Place place) {
    const auto everything_sent = [&] {
        while (!keys.empty()) {
            const auto length = common::retry_interrupted(
                [&] { return ::write(master_.get(), keys.data(), keys.size()); });
            if (length < 0) {
                return false;
            }
            keys.remove_prefix(static_cast<std::size_t>(length));
        }
        return true;
    };
    if (!wait_until(everything_sent)) {
        fail("the line did not take " + std::to_string(keys.size()) + " more bytes", place);
    }
}

std::string Line::expect(std::string_view text, Milliseconds deadline, Place place) {
    std::size_t found = std::string::npos;
    const auto has_come = [&] {
        found = received_.find(text, matched_);
        return found != std::string::npos;
    };
    if (!wait_until(has_come, deadline)) {
        fail("no \"" + escaped(text) + "\" within " + std::to_string(deadline.count()) + " ms",
             place);
    }
    std::string before = received_.substr(matched_, found - matched_);
    matched_ = found + text.size();
    return before;
}

void Line::expect_nothing(Milliseconds duration, Place place) {
    const std::size_t before = received_.size();
    if (wait_until([&] { return received_.size() != before; }, duration)) {
        fail("\"" + escaped(std::string_view{received_}.substr(before)) + "\" came unexpectedly",
             place);
    }
}

void Line::expect_hang_up(Milliseconds deadline, Place place) {
    if (!wait_until([this] { return peer_ == Peer::gone; }, deadline)) {
        fail("the line is still held open", place);
    }
}

std::string_view Line::unmatched() const {
    return std::string_view{received_}.substr(matched_);
}

std::string Line::take_received() {
    matched_ = 0;
    return std::exchange(received_, {});
}

void Line::close_master() {
    receive();
    master_.reset();
}

void Line::resize(unsigned short rows, unsigned short columns) const {
    const winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    common::check(::ioctl(master_.get(), TIOCSWINSZ, &size), "TIOCSWINSZ", path_);
}

winsize Line::window_size() const {
    winsize size{};
    common::check(::ioctl(master_.get(), TIOCGWINSZ, &size), "TIOCGWINSZ", path_);
    return size;
}

termios Line::modes() const {
    // On a master, Linux answers these for the slave.
    termios modes{};
    common::check(::tcgetattr(master_.get(), &modes), "tcgetattr", path_);
    return modes;
}

void Line::set_modes(const termios& modes) const {
    common::check(::tcsetattr(master_.get(), TCSANOW, &modes), "tcsetattr", path_);
}

pid_t Line::session() const {
    pid_t session = 0;
    return ::ioctl(master_.get(), TIOCGSID, &session) == 0 ? session : 0;
}

pid_t Line::foreground_group() const {
    pid_t group = 0;
    return ::ioctl(master_.get(), TIOCGPGRP, &group) == 0 ? group : 0;
}

Line::Owner Line::owner() const {
    struct stat node {};
    common::check(::stat(path_.c_str(), &node), "stat", path_);
    return {.user = node.st_uid, .group = node.st_gid, .mode = node.st_mode & 07777U};
}

std::ostream& operator<<(std::ostream& stream, const Line::Owner& owner) {
    return stream << owner.user << ":" << owner.group << " 0" << std::oct << owner.mode << std::dec;
}

int Line::descriptor() const {
    // A master without a slave is always "ready": polling it would spin.
    return reading_ == Reading::going_on && peer_ == Peer::open ? master_.get() : -1;
}

void Line::receive() {
    if (reading_ == Reading::stopped || !master_.is_open()) {
        return;
    }
    std::array<char, 4096> buffer{};
    // Not for ever: a program may write faster than this reads.
    constexpr int most_reads = 256;
    for (int reads = 0; reads < most_reads; ++reads) {
        const auto length = common::retry_interrupted(
            [&] { return ::read(master_.get(), buffer.data(), buffer.size()); });
        if (length < 0) {
            // EIO is what the master reads while nobody has the slave open
            // after somebody had. It ends when the next one opens it.
            peer_ = errno == EIO ? Peer::gone : Peer::open;
            return;
        }
        peer_ = Peer::open;
        received_.append(buffer.data(), static_cast<std::size_t>(length));
    }
}

void Line::fail(std::string_view what, const Place& place) const {
    std::string message = std::string{place.file} + ":" + std::to_string(place.line) + ": " +
                          path_ + ": " + std::string{what} + "\n";
    message += "---- matched so far ----\n" +
               escaped(std::string_view{received_}.substr(0, matched_)) +
               "\n---- not matched ----\n" + escaped(unmatched()) + "\n---- end of transcript";
    message += peer_ == Peer::gone ? ", the line is hung up ----" : " ----";
    throw std::runtime_error{message};
}

}  // namespace pty
