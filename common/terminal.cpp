#include "common/terminal.hpp"

#include "common/syscall.hpp"
#include "common/terminal_speed.hpp"
#include "common/text_file.hpp"
#include "common/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <linux/kd.h>
#include <poll.h>
#include <string.h>  // NOLINT(modernize-deprecated-headers): explicit_bzero(3)
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

namespace common {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::string_view device_directory = "/dev/";
constexpr const char* own_input = "/proc/self/fd/0";
constexpr int opening = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;

struct stat status_of(int fd, std::string_view path) {
    struct stat status {};
    check(::fstat(fd, &status), "look at", path);
    return status;
}

[[noreturn]] void refuse_no_terminal(const std::string& path) {
    errno = ENOTTY;
    throw_errno("open", path);
}

/// Gives a line a terminal's discipline; TIOCSETD. Returns whether it had another.
bool replace_discipline(int fd) noexcept {
    int discipline = N_TTY;
    return ::ioctl(fd, TIOCGETD, &discipline) == 0 && std::exchange(discipline, N_TTY) != N_TTY &&
           ::ioctl(fd, TIOCSETD, &discipline) == 0;
}

/// Returns what fstat(2) says of it, and its modes.
std::pair<struct stat, termios> require_terminal(int fd, const std::string& path) {
    const struct stat status = status_of(fd, path);
    if (!S_ISCHR(status.st_mode)) {
        refuse_no_terminal(path);
    }
    termios modes{};
    int result = ::tcgetattr(fd, &modes);
    const int problem = errno;
    // Whoever had the line may have left it with one that knows no modes: everybody may
    // choose N_NULL.
    if (result != 0 && replace_discipline(fd)) {
        result = ::tcgetattr(fd, &modes);
    } else {
        errno = problem;
    }
    check(result, "open", path);
    return {status, modes};
}

/// The name of descriptor 0 as the kernel has it, if it names the very node: two
/// instances of devpts have lines of the same number.
std::string name_of_standard_input(const struct stat& own) {
    std::array<char, 256> buffer{};
    const auto length = ::readlink(own_input, buffer.data(), buffer.size() - 1);
    if (length <= 0) {
        return {};
    }
    std::string path{buffer.data(), static_cast<std::size_t>(length)};
    struct stat named {};
    const bool same = path.starts_with(device_directory) && ::stat(path.c_str(), &named) == 0 &&
                      S_ISCHR(named.st_mode) && named.st_rdev == own.st_rdev &&
                      named.st_dev == own.st_dev && named.st_ino == own.st_ino;
    return same ? path : std::string{};
}

UniqueFd duplicate_of_standard_input() {
    UniqueFd copy{check(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), "duplicate", "standard input")};
    const int flags = check(::fcntl(copy.get(), F_GETFL), "look at", "standard input");
    check(::fcntl(copy.get(), F_SETFL, flags | O_NONBLOCK), "change", "standard input");
    return copy;
}

int remaining(Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    return static_cast<int>(std::max<std::int64_t>(left, 0));
}

}  // namespace

Terminal Terminal::open(const std::string& path) {
    // Looked at before it is opened: opening a FIFO or a socket waits or fails
    // in ways of its own, opening a device may do something.
    struct stat status {};
    check(::stat(path.c_str(), &status), "open", path);
    if (!S_ISCHR(status.st_mode)) {
        refuse_no_terminal(path);
    }
    UniqueFd fd{
        check(retry_interrupted([&] { return ::open(path.c_str(), opening); }), "open", path)};
    const auto [found, modes] = require_terminal(fd.get(), path);
    return {std::move(fd), path, found.st_rdev, modes};
}

Terminal Terminal::of_standard_input(std::string path, dev_t device, const termios& found_modes) {
    UniqueFd fd{::open(own_input, opening)};
    if (fd.is_open()) {
        return {std::move(fd), std::move(path), device, found_modes};
    }
    return {duplicate_of_standard_input(), std::move(path), device, found_modes, Opening::shared};
}

Terminal Terminal::standard_input() {
    const auto [status, modes] = require_terminal(STDIN_FILENO, "standard input");
    return of_standard_input(name_of_standard_input(status), status.st_rdev, modes);
}

Terminal Terminal::open_again() const {
    return of_standard_input(path_, device_, found_modes_);
}

Terminal Terminal::open_by_name() const {
    UniqueFd fd{
        check(retry_interrupted([&] { return ::open(path_.c_str(), opening); }), "open", path_)};
    if (status_of(fd.get(), path_).st_rdev != device_) {
        // Another device has come in its place: it is looked at from the beginning.
        errno = ENXIO;
        throw_errno("open", path_);
    }
    return {std::move(fd), path_, device_, found_modes_};
}

std::string_view Terminal::name() const noexcept {
    return line_name(path_);
}

dev_t Terminal::real_device() const {
    // /dev/tty0, and /dev/tty and /dev/console: devices.txt.
    constexpr unsigned consoles = 4;
    constexpr unsigned stand_ins = 5;
    const bool may_be_anothers =
        major(device_) == stand_ins || (major(device_) == consoles && minor(device_) == 0);
    unsigned device = 0;
    return may_be_anothers && ::ioctl(fd_.get(), TIOCGDEV, &device) == 0 ? dev_t{device} : device_;
}

termios Terminal::modes() const {
    termios modes{};
    check(::tcgetattr(fd_.get(), &modes), "read the modes of", path_);
    return modes;
}

void Terminal::set_modes(const termios& modes, int how) const {
    const LineFlags flags{.input = modes.c_iflag,
                          .output = modes.c_oflag,
                          .control = modes.c_cflag,
                          .local = modes.c_lflag,
                          .discipline = modes.c_line,
                          .keys = modes.c_cc};
    check(retry_interrupted([&] { return set_modes_of_line(fd_.get(), how, flags); }),
          "set the modes of",
          path_);
}

void Terminal::unlock_modes() const {
    // ioctl_tty(2) says termios; it is the kernel's, which is the shorter.
    const termios none{};
    check(::ioctl(fd_.get(), TIOCSLCKTRMIOS, &none), "unlock the modes of", path_);
}

void Terminal::undo_lasting_changes() const noexcept {
    replace_discipline(fd_.get());
    ::tcflow(fd_.get(), TCOON);
    ::ioctl(fd_.get(), TIOCNXCL);
}

winsize Terminal::size() const {
    winsize size{};
    check(::ioctl(fd_.get(), TIOCGWINSZ, &size), "read the size of", path_);
    return size;
}

void Terminal::set_size(unsigned short rows, unsigned short columns) const {
    const winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    check(::ioctl(fd_.get(), TIOCSWINSZ, &size), "set the size of", path_);
}

unsigned Terminal::speed() const {
    return speed_of_line(fd_.get());
}

void Terminal::set_speed(unsigned bits_per_second) const {
    check(set_speed_of_line(fd_.get(), bits_per_second), "set the speed of", path_);
}

bool Terminal::has_carrier() const {
    int signals = 0;
    return ::ioctl(fd_.get(), TIOCMGET, &signals) != 0 || (signals & TIOCM_CAR) != 0;
}

bool Terminal::may_be_virtual_terminal() const {
    // devices.txt: 4 has the virtual terminals and, from 64 on, serial ports; 5
    // what stands for another.
    constexpr unsigned terminals = 4;
    constexpr unsigned first_port = 64;
    constexpr unsigned stand_ins = 5;
    return major(device_) == stand_ins ||
           (major(device_) == terminals && minor(device_) < first_port);
}

bool Terminal::is_virtual_terminal() const {
    int mode = 0;
    return may_be_virtual_terminal() && ::ioctl(fd_.get(), KDGKBMODE, &mode) == 0;
}

bool Terminal::has_caps_lock_on() const {
    char locks = 0;
    return ::ioctl(fd_.get(), KDGKBLED, &locks) == 0 && (locks & K_CAPSLOCK) != 0;
}

bool Terminal::shows(std::string_view characters) const {
    if ((modes().c_iflag & IUTF8) == 0) {
        return false;
    }
    if (!is_virtual_terminal()) {
        return true;
    }
    // The first call only counts them (ENOMEM). Another font may come between the two.
    unimapdesc font{.entry_ct = 0, .entries = nullptr};
    ::ioctl(fd_.get(), GIO_UNIMAP, &font);
    std::vector<unipair> glyphs(font.entry_ct);
    font.entries = glyphs.data();
    if (glyphs.empty() || ::ioctl(fd_.get(), GIO_UNIMAP, &font) != 0) {
        return false;
    }
    glyphs.resize(font.entry_ct);
    while (!characters.empty()) {
        const Decoded character = decode_utf8(characters);
        const bool has_glyph =
            std::any_of(glyphs.begin(), glyphs.end(), [&character](const unipair& glyph) {
                return glyph.unicode == character.code;
            });
        if (!character.valid || !has_glyph) {
            return false;
        }
        characters.remove_prefix(character.length);
    }
    return true;
}

bool Terminal::is_pseudo_terminal() const {
    // Unix98 slaves, devices.txt.
    const unsigned number = major(device_);
    return number >= 136 && number <= 143;
}

std::size_t Terminal::write_some(std::string_view text) const {
    const auto written =
        retry_interrupted([&] { return ::write(fd_.get(), text.data(), text.size()); });
    if (written < 0 && errno == EAGAIN) {
        return 0;
    }
    return static_cast<std::size_t>(check(written, "write to", path_));
}

bool Terminal::write(std::string_view text, std::chrono::milliseconds patience) const {
    const auto deadline = Clock::now() + patience;
    while (!text.empty()) {
        const auto written = ::write(fd_.get(), text.data(), text.size());
        if (written > 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
            continue;
        }
        if (written < 0 && errno == EINTR) {
            continue;
        }
        pollfd line{.fd = fd_.get(), .events = POLLOUT, .revents = 0};
        if (written < 0 && errno != EAGAIN) {
            return false;
        }
        const int left = remaining(deadline);
        if (left == 0) {
            return false;
        }
        if (::poll(&line, 1, left) > 0 && (line.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
            return false;
        }
    }
    return true;
}

void Terminal::drain(std::chrono::milliseconds patience) const {
    // tcdrain(3) has no bound; the output queue's length has.
    const auto deadline = Clock::now() + patience;
    int waiting = 0;
    while (::ioctl(fd_.get(), TIOCOUTQ, &waiting) == 0 && waiting > 0 && Clock::now() < deadline) {
        std::this_thread::sleep_for(1ms);
    }
}

std::optional<char> Terminal::read_byte() const {
    char byte = 0;
    return read_some({&byte, 1}) == 1 ? std::optional{byte} : std::nullopt;
}

std::size_t Terminal::read_some(std::span<char> place) const {
    const auto count =
        retry_interrupted([&] { return ::read(fd_.get(), place.data(), place.size()); });
    if (count > 0) {
        return static_cast<std::size_t>(count);
    }
    if (count < 0 && errno == EAGAIN) {
        return 0;
    }
    if (count == 0) {
        // In raw modes only a line that was hung up reads as end of file.
        errno = EIO;
    }
    throw_errno("read", path_);
}

std::optional<char> Terminal::drop_input() const {
    std::array<char, 256> dropped{};
    std::optional<char> last;
    // More than a line's queue holds: who keeps sending does not keep us here.
    constexpr int most_reads = 64;
    for (int reads = 0; reads < most_reads; ++reads) {
        const auto count = ::read(fd_.get(), dropped.data(), dropped.size());
        if (count <= 0) {
            break;
        }
        last = dropped.at(static_cast<std::size_t>(count) - 1);
    }
    ::explicit_bzero(dropped.data(), dropped.size());
    return last;
}

bool Terminal::has_output_waiting() const noexcept {
    int waiting = 0;
    return ::ioctl(fd_.get(), TIOCOUTQ, &waiting) == 0 && waiting > 0;
}

void Terminal::drop_output() const noexcept {
    ::tcflush(fd_.get(), TCOFLUSH);
}

void Terminal::become_controlling() const {
    check(::ioctl(fd_.get(), TIOCSCTTY, 0), "become controlled by", path_);
}

void Terminal::hang_up() const {
    check(::ioctl(fd_.get(), TIOCVHANGUP), "hang up", path_);
}

Ownership Terminal::ownership() const {
    constexpr mode_t permissions = 07777;
    const struct stat status = status_of(fd_.get(), path_);
    return {.owner = status.st_uid, .group = status.st_gid, .mode = status.st_mode & permissions};
}

void Terminal::give_to(uid_t owner, gid_t group, mode_t mode) const {
    // The mode first when it narrows would leave the old owner able to widen it
    // again; the owner first leaves the new one at most what the old one had.
    check(::fchown(fd_.get(), owner, group), "change the owner of", path_);
    // An owner may have named others, whom the next mode with a group's rights would let
    // in; acl(5). Most devices have no such list, and those of devpts can have none.
    if (!is_pseudo_terminal()) {
        ::fremovexattr(fd_.get(), "system.posix_acl_access");
    }
    check(::fchmod(fd_.get(), mode), "change the mode of", path_);
}

void Terminal::set_blocking() const {
    // Of an opening of ours these are known; F_SETFL changes no others.
    const int flags = has_own_opening_ ? 0 : check(::fcntl(fd_.get(), F_GETFL), "look at", path_);
    check(::fcntl(fd_.get(), F_SETFL, flags & ~O_NONBLOCK), "change", path_);
}

void Terminal::set_non_blocking() const noexcept {
    const int flags = has_own_opening_ ? 0 : ::fcntl(fd_.get(), F_GETFL);
    ::fcntl(fd_.get(), F_SETFL, flags | O_NONBLOCK);
}

void Terminal::become_standard() const {
    for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number) {
        check(::dup2(fd_.get(), number), "use as standard input and output", path_);
    }
}

std::string line_path(std::string_view name) {
    return name.starts_with('/') ? std::string{name} : std::string{device_directory}.append(name);
}

std::string_view line_name(std::string_view path) {
    return path.starts_with(device_directory) ? path.substr(device_directory.size()) : path;
}

gid_t terminal_group() {
    const auto groups = read_text_file("/etc/group");
    if (!groups) {
        return usual_terminal_group;
    }
    constexpr std::string_view wanted = "tty:";
    std::string_view rest = *groups;
    while (!rest.empty()) {
        std::string_view entry = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), entry.size() + 1));
        if (!entry.starts_with(wanted)) {
            continue;
        }
        entry.remove_prefix(std::min(entry.size(), entry.find(':', wanted.size()) + 1));
        gid_t group = usual_terminal_group;
        std::from_chars(entry.data(), entry.data() + entry.size(), group);
        return group;
    }
    return usual_terminal_group;
}

}  // namespace common
