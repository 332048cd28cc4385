#include "tests/pty/virtual_terminal.hpp"

#include "common/signals.hpp"
#include "common/syscall.hpp"
#include "tests/testing.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include <fcntl.h>
#include <linux/kd.h>
#include <linux/vt.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

namespace pty {

namespace {

namespace fs = std::filesystem;

/// Away from those that a machine's own gettys and logind use.
constexpr unsigned first_number = 40;
constexpr unsigned last_number = 55;

/// devices.txt: minor numbers of the screens.
constexpr unsigned console_major = 4;
constexpr unsigned screen_major = 7;
constexpr unsigned first_unicode_screen = 64;
constexpr unsigned first_attribute_screen = 128;

constexpr gid_t tty_group = 5;

/// A name that only one process of the machine can have; nothing otherwise.
common::UniqueFd lock_for(unsigned number) {
    common::UniqueFd socket{
        common::check(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket")};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = "ttygate-test-tty" + std::to_string(number);
    // Abstract: the first byte stays 0.
    name.copy(address.sun_path + 1, sizeof address.sun_path - 1);
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) < 0) {
        return {};
    }
    return socket;
}

bool is_allocated(unsigned number) {
    return fs::exists("/sys/class/vc/vcs" + std::to_string(number));
}

void make_node(const std::string& path, mode_t mode, unsigned major_number, unsigned minor_number) {
    common::check(
        ::mknod(path.c_str(), S_IFCHR | mode, makedev(major_number, minor_number)), "mknod", path);
    common::check(::chmod(path.c_str(), mode), "chmod", path);
    common::check(::chown(path.c_str(), 0, tty_group), "chown", path);
}

bool can_be_opened(const std::string& path) {
    const common::UniqueFd terminal{::open(path.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
    int mode = 0;
    return terminal.is_open() && ::ioctl(terminal.get(), KDGKBMODE, &mode) == 0;
}

std::string without_blanks_at_end(std::string text) {
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

void append_utf8(std::string& text, char32_t code) {
    const auto continuation = [&](unsigned shift) {
        text += static_cast<char>(0x80U | ((code >> shift) & 0x3FU));
    };
    if (code < 0x80) {
        text += static_cast<char>(code);
    } else if (code < 0x800) {
        text += static_cast<char>(0xC0U | (code >> 6U));
        continuation(0);
    } else {
        text += static_cast<char>(0xE0U | (code >> 12U));
        continuation(6);
        continuation(0);
    }
}

}  // namespace

VirtualTerminal::Free VirtualTerminal::find_free() {
    for (unsigned number = first_number; number <= last_number; ++number) {
        if (is_allocated(number)) {
            continue;
        }
        auto lock = lock_for(number);
        if (lock.is_open() && !is_allocated(number)) {
            return {.lock = std::move(lock), .number = number};
        }
    }
    tests::skip("needs a virtual terminal from tty40 to tty55 that nobody uses");
}

VirtualTerminal::VirtualTerminal(Free free) : lock_(std::move(free.lock)), number_(free.number) {}

VirtualTerminal::VirtualTerminal() : VirtualTerminal(find_free()) {
    // From here on the destructor gives it back, whatever is thrown.
    const std::string number = std::to_string(number_);
    make_node(path(), 0620, console_major, number_);
    if (!can_be_opened(path())) {
        tests::skip("needs virtual terminals, which this machine has not");
    }
    make_node("/dev/vcs" + number, 0660, screen_major, number_);
    make_node("/dev/vcsu" + number, 0660, screen_major, first_unicode_screen + number_);
    make_node("/dev/vcsa" + number, 0660, screen_major, first_attribute_screen + number_);
    keyboard_mode_ = static_cast<unsigned long>(get(KDGKBMODE));
    // From the first reading on the kernel keeps what was written, not only
    // the glyphs that its font has for it.
    static_cast<void>(cells("u"));
}

VirtualTerminal::~VirtualTerminal() {
    try {
        // Whoever is still on it goes; the node may have been made anybody's.
        const common::IgnoredSignal hang_up{SIGHUP};
        ::ioctl(open().get(), TIOCVHANGUP);
        write("\033c");
        set(KDSETMODE, KD_TEXT);
        set(KDSKBMODE, keyboard_mode_);
        std::array<termios, 1> nothing_locked{};
        control(TIOCSLCKTRMIOS, nothing_locked.data());
        // Only another terminal's descriptor can do it; tty0 is whichever is shown.
        make_node("/dev/tty0", 0600, console_major, 0);
        const common::UniqueFd other{::open("/dev/tty0", O_RDWR | O_NOCTTY | O_CLOEXEC)};
        fs::remove("/dev/tty0");
        if (!wait_until([&] { return ::ioctl(other.get(), VT_DISALLOCATE, number_) == 0; })) {
            std::fprintf(stderr, "%s stays allocated: %s\n", name().c_str(), std::strerror(errno));
        }
        const std::string number = std::to_string(number_);
        for (const char* node : {"tty", "vcs", "vcsu", "vcsa"}) {
            fs::remove("/dev/" + std::string{node} + number);
        }
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "%s is not given back: %s\n", name().c_str(), problem.what());
    }
}

std::string VirtualTerminal::name() const {
    return "tty" + std::to_string(number_);
}

std::string VirtualTerminal::path() const {
    return "/dev/" + name();
}

common::UniqueFd VirtualTerminal::open() const {
    return common::UniqueFd{common::check(
        ::open(path().c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), "open", path())};
}

Process VirtualTerminal::start_on(Command command) const {
    command.standard = Standard::line;
    return Process{command, path()};
}

Process VirtualTerminal::start_for(Command command) const {
    return Process{naming_line(std::move(command), name()), path()};
}

void VirtualTerminal::send(std::string_view keys, Place place) const {
    for (char key : keys) {
        const auto taken = [&] { return ::ioctl(open().get(), TIOCSTI, &key) == 0; };
        if (!wait_until(taken)) {
            fail(std::string{"the terminal does not take a key: "} + std::strerror(errno), place);
        }
    }
}

void VirtualTerminal::write(std::string_view text) const {
    const auto terminal = open();
    common::check(::write(terminal.get(), text.data(), text.size()), "write", path());
}

std::string VirtualTerminal::cells(std::string_view kind) const {
    const std::string screen = "/dev/vcs" + std::string{kind} + std::to_string(number_);
    const common::UniqueFd file{
        common::check(::open(screen.c_str(), O_RDONLY | O_CLOEXEC), "open", screen)};
    // In one piece: the kernel hands out whole cells only, of one moment.
    std::string all(std::size_t{256} * 1024, '\0');
    const auto size = ::read(file.get(), all.data(), all.size());
    if (size < 0 && errno == ENODATA) {
        return {};
    }
    all.resize(static_cast<std::size_t>(common::check(size, "read", screen)));
    return all;
}

/// The character of every cell, row by row. Of a screen that takes single bytes
/// only the glyphs are known, which are the characters in ASCII.
std::u32string VirtualTerminal::characters() const {
    const std::string text = cells("u");
    if (text.empty()) {
        const std::string glyphs = cells("");
        return {glyphs.begin(), glyphs.end()};
    }
    std::u32string all(text.size() / sizeof(char32_t), U'\0');
    std::memcpy(all.data(), text.data(), all.size() * sizeof(char32_t));
    return all;
}

VirtualTerminal::Cursor VirtualTerminal::cursor() const {
    // vcs(4): lines, columns, x, y, then a character and an attribute each.
    const std::string header = cells("a").substr(0, 4);
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(header.at(at)); };
    return {.columns = byte(1), .column = byte(2), .row = byte(3)};
}

std::vector<std::string> VirtualTerminal::screen() const {
    const std::u32string text = characters();
    const std::size_t columns = cursor().columns;
    std::vector<std::string> rows;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (at % columns == 0) {
            rows.emplace_back();
        }
        append_utf8(rows.back(), text[at]);
    }
    for (std::string& row : rows) {
        row = without_blanks_at_end(std::move(row));
    }
    return rows;
}

std::string VirtualTerminal::before_cursor() const {
    const Cursor cursor = this->cursor();
    const std::u32string text = characters();
    std::string before;
    for (std::size_t column = 0; column < cursor.column; ++column) {
        append_utf8(before, text.at(cursor.row * cursor.columns + column));
    }
    return before;
}

std::size_t VirtualTerminal::row_of(std::string_view text, Place place) const {
    const auto rows = screen();
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (rows[row].find(text) != std::string::npos) {
            return row;
        }
    }
    fail("no \"" + std::string{text} + "\"", place);
}

unsigned VirtualTerminal::attribute(std::size_t row, std::size_t column) const {
    constexpr std::size_t header = 4;
    const std::string all = cells("a");
    return static_cast<unsigned char>(all.at(header + 2 * (row * cursor().columns + column) + 1));
}

void VirtualTerminal::expect(std::string_view text, Milliseconds deadline, Place place) const {
    const auto is_shown = [&] {
        const auto rows = screen();
        return std::any_of(rows.begin(), rows.end(), [=](const std::string& row) {
            return row.find(text) != std::string::npos;
        });
    };
    if (!wait_until(is_shown, deadline)) {
        fail("no \"" + std::string{text} + "\" within " + std::to_string(deadline.count()) + " ms",
             place);
    }
}

void VirtualTerminal::expect_at_cursor(std::string_view text,
                                       Milliseconds deadline,
                                       Place place) const {
    if (!wait_until([&] { return before_cursor() == text; }, deadline)) {
        fail("not \"" + std::string{text} + "\" before the cursor within " +
                 std::to_string(deadline.count()) + " ms",
             place);
    }
}

termios VirtualTerminal::modes() const {
    termios modes{};
    common::check(::tcgetattr(open().get(), &modes), "tcgetattr", path());
    return modes;
}

void VirtualTerminal::set_modes(const termios& modes) const {
    common::check(::tcsetattr(open().get(), TCSANOW, &modes), "tcsetattr", path());
}

Line::Owner VirtualTerminal::owner() const {
    return owner_of(path());
}

Line::Owner VirtualTerminal::owner_of(const std::string& path) {
    struct stat node {};
    common::check(::stat(path.c_str(), &node), "stat", path);
    return {.user = node.st_uid, .group = node.st_gid, .mode = node.st_mode & 07777U};
}

void VirtualTerminal::set(unsigned long request, unsigned long value) const {
    common::check(::ioctl(open().get(), request, value), "ioctl", path());
}

int VirtualTerminal::get(unsigned long request) const {
    int value = 0;
    common::check(::ioctl(open().get(), request, &value), "ioctl", path());
    return value;
}

void VirtualTerminal::control(unsigned long request, void* argument) const {
    common::check(::ioctl(open().get(), request, argument), "ioctl", path());
}

void VirtualTerminal::fail(std::string_view what, const Place& place) const {
    std::string message = std::string{place.file} + ":" + std::to_string(place.line) + ": " +
                          path() + ": " + std::string{what} + "\n---- screen ----";
    for (const std::string& row : screen()) {
        message += "\n" + row;
    }
    message += "\n---- before the cursor: \"" + before_cursor() + "\" ----";
    throw std::runtime_error{message};
}

}  // namespace pty
