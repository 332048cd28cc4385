#include "common/terminal.hpp"

#include "tests/common/pty_pair.hpp"
#include "tests/common/temporary_directory.hpp"
#include "tests/testing.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <doctest/doctest.h>

using common::Terminal;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

int errno_of_opening(const std::string& path) {
    try {
        (void)Terminal::open(path);
    } catch (const std::system_error& problem) {
        return problem.code().value();
    }
    return 0;
}

/// A line that passes bytes as they are, in both directions.
Terminal open_raw(const tests::PtyPair& pty) {
    Terminal terminal = Terminal::open(pty.path());
    termios modes = terminal.modes();
    ::cfmakeraw(&modes);
    terminal.set_modes(modes);
    return terminal;
}

bool make_socket(const std::string& path) {
    const common::UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const void* untyped = &address;
    return ::bind(socket.get(), static_cast<const sockaddr*>(untyped), sizeof address) == 0;
}

/// A process of its own, its standard input on that descriptor.
template <typename Action>
int status_with_input(int input, Action action) {
    const pid_t child = ::fork();
    if (child == 0) {
        int status = 99;
        try {
            if (::dup2(input, STDIN_FILENO) == STDIN_FILENO) {
                status = action();
            }
        } catch (const std::system_error& problem) {
            status = problem.code().value();
        }
        ::_exit(status);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Skips the test case where nobody knows the request that this needs: ENOSYS, which
/// only an emulator of another processor says to ioctl(2).
template <typename Action>
void need(Action action) {
    try {
        action();
    } catch (const std::system_error& problem) {
        if (problem.code() == std::errc::function_not_supported) {
            tests::skip(problem.what());
        }
        throw;
    }
}

}  // namespace

TEST_CASE("names and paths of lines lead to each other") {
    CHECK(common::line_path("ttyS0") == "/dev/ttyS0");
    CHECK(common::line_path("/dev/ttyS0") == "/dev/ttyS0");
    CHECK(common::line_path("pts/3") == "/dev/pts/3");
    CHECK(common::line_path("/srv/line") == "/srv/line");
    CHECK(common::line_name("/dev/ttyS0") == "ttyS0");
    CHECK(common::line_name("/dev/pts/3") == "pts/3");
    CHECK(common::line_name("/srv/line") == "/srv/line");
    CHECK(common::line_name("").empty());
}

TEST_CASE("a line is opened and knows its name") {
    const tests::PtyPair pty;
    const Terminal terminal = Terminal::open(pty.path());
    CHECK(terminal.path() == pty.path());
    CHECK("/dev/" + std::string{terminal.name()} == pty.path());
    struct stat status {};
    REQUIRE(::stat(pty.path().c_str(), &status) == 0);
    CHECK(terminal.device() == status.st_rdev);
    CHECK_FALSE(terminal.is_virtual_terminal());
    const int flags = ::fcntl(terminal.descriptor(), F_GETFL);
    CHECK((flags & O_NONBLOCK) != 0);
    CHECK(::fcntl(terminal.descriptor(), F_GETFD) == FD_CLOEXEC);
    terminal.set_blocking();
    CHECK((::fcntl(terminal.descriptor(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("what is no terminal is refused, and nothing waits for it") {
    const tests::TemporaryDirectory directory;
    const std::string fifo = directory.path("fifo");
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const std::string socket = directory.path("socket");
    REQUIRE(make_socket(socket));
    const auto begun = Clock::now();
    CHECK(errno_of_opening(directory.write("file", "text")) == ENOTTY);
    CHECK(errno_of_opening(fifo) == ENOTTY);
    CHECK(errno_of_opening(socket) == ENOTTY);
    CHECK(errno_of_opening(directory.path("")) == ENOTTY);
    CHECK(errno_of_opening("/dev/null") == ENOTTY);
    CHECK(errno_of_opening("/dev/zero") == ENOTTY);
    CHECK(errno_of_opening(directory.path("absent")) == ENOENT);
    CHECK(errno_of_opening(directory.path("file/below")) == ENOTDIR);
    CHECK(errno_of_opening("") == ENOENT);
    CHECK(Clock::now() - begun < 10s);
}

TEST_CASE("standard input is a line when it is one") {
    const tests::PtyPair pty;
    const common::UniqueFd line{::open(pty.path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
    REQUIRE(line.is_open());
    CHECK(status_with_input(line.get(), [&] {
              const Terminal terminal = Terminal::standard_input();
              return terminal.path() == pty.path() ? 0 : 98;
          }) == 0);
    // Our O_NONBLOCK is ours alone.
    CHECK((::fcntl(line.get(), F_GETFL) & O_NONBLOCK) == 0);

    const tests::TemporaryDirectory directory;
    const std::string file = directory.write("file", "text");
    for (const std::string& path : {file, std::string{"/dev/null"}}) {
        const common::UniqueFd other{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
        CHECK(status_with_input(other.get(), [] {
                  (void)Terminal::standard_input();
                  return 0;
              }) == ENOTTY);
    }
}

TEST_CASE("a line takes any speed, named or not") {
    const tests::PtyPair pty;
    const Terminal terminal = Terminal::open(pty.path());
    need([&] { terminal.set_speed(9600); });
    for (const unsigned speed :
         {50U, 300U, 1200U, 9600U, 38'400U, 115'200U, 4'000'000U, 12'345U, 31'250U, 7U, 250'000U}) {
        CAPTURE(speed);
        terminal.set_speed(speed);
        CHECK(terminal.speed() == speed);
    }
    terminal.set_speed(115'200);
    termios modes = terminal.modes();
    CHECK(::cfgetospeed(&modes) == B115200);
    CHECK(::cfgetispeed(&modes) == B115200);
}

TEST_CASE("changing the speed changes nothing else") {
    const tests::PtyPair pty;
    const Terminal terminal = open_raw(pty);
    const termios before = terminal.modes();
    need([&] { terminal.set_speed(12'345); });
    const termios after = terminal.modes();
    CHECK(after.c_iflag == before.c_iflag);
    CHECK(after.c_oflag == before.c_oflag);
    CHECK(after.c_lflag == before.c_lflag);
    CHECK((after.c_cflag & CSIZE) == (before.c_cflag & CSIZE));
    CHECK(std::equal(std::begin(after.c_cc), std::end(after.c_cc), std::begin(before.c_cc)));
}

TEST_CASE("the size of a line is what its other end says") {
    const tests::PtyPair pty;
    const Terminal terminal = Terminal::open(pty.path());
    const winsize wanted{.ws_row = 50, .ws_col = 132, .ws_xpixel = 0, .ws_ypixel = 0};
    REQUIRE(::ioctl(pty.master(), TIOCSWINSZ, &wanted) == 0);
    CHECK(terminal.size().ws_row == 50);
    CHECK(terminal.size().ws_col == 132);
}

TEST_CASE("bytes are read one by one as they come") {
    const tests::PtyPair pty;
    const Terminal terminal = open_raw(pty);
    CHECK(terminal.read_byte() == std::nullopt);
    REQUIRE(pty.type("a\xff"));
    CHECK(terminal.read_byte() == 'a');
    CHECK(terminal.read_byte() == '\xff');
    CHECK(terminal.read_byte() == std::nullopt);
}

TEST_CASE("what has come is read as far as it fits") {
    const tests::PtyPair pty;
    const Terminal terminal = open_raw(pty);
    std::array<char, 4> place{};
    CHECK(terminal.read_some(place) == 0);
    REQUIRE(pty.type("abcdef"));
    CHECK(terminal.read_some(place) == 4);
    CHECK(std::string_view{place.data(), place.size()} == "abcd");
    CHECK(terminal.read_some(place) == 2);
    CHECK(std::string_view{place.data(), 2} == "ef");
    CHECK(terminal.read_some(place) == 0);
}

TEST_CASE("a line whose other end has gone is hung up, not empty") {
    tests::PtyPair pty;
    const Terminal terminal = open_raw(pty);
    pty.close_master();
    CHECK_THROWS_AS((void)terminal.read_byte(), std::system_error);
    std::array<char, 4> place{};
    CHECK_THROWS_AS((void)terminal.read_some(place), std::system_error);
    CHECK_FALSE(terminal.write("text"));
    CHECK_THROWS_AS((void)terminal.write_some("text"), std::system_error);
}

TEST_CASE("what has come and was not read is dropped whole") {
    const tests::PtyPair pty;
    const Terminal terminal = open_raw(pty);
    CHECK(terminal.drop_input() == std::nullopt);
    REQUIRE(pty.type(std::string(1000, 'x') + "\n"));
    CHECK(terminal.drop_input() == '\n');
    CHECK(terminal.read_byte() == std::nullopt);
}

TEST_CASE("text arrives as it was written") {
    const tests::PtyPair pty;
    const Terminal terminal = open_raw(pty);
    CHECK(terminal.write(""));
    CHECK(terminal.write("login: "));
    CHECK(pty.read_all() == "login: ");
    CHECK(terminal.write_some("box") == 3);
    CHECK(pty.read_all() == "box");
}

TEST_CASE("more than a line takes at once is written as it drains") {
    const tests::PtyPair pty;
    const Terminal terminal = open_raw(pty);
    const std::string text(100'000, 'x');
    const pid_t writer = ::fork();
    if (writer == 0) {
        ::_exit(terminal.write(text, 20s) ? 0 : 1);
    }
    std::size_t received = 0;
    // As long as the writer is there: it may pause longer than read_all() waits.
    int status = 0;
    bool has_ended = false;
    while (received < text.size() && !has_ended) {
        has_ended = ::waitpid(writer, &status, WNOHANG) == writer;
        received += pty.read_all().size();
    }
    if (!has_ended) {
        ::waitpid(writer, &status, 0);
    }
    CHECK(status == 0);
    CHECK(received == text.size());
}

TEST_CASE("writing to a stopped line ends when patience does") {
    const tests::PtyPair pty;
    const Terminal terminal = open_raw(pty);
    REQUIRE(::tcflow(terminal.descriptor(), TCOOFF) == 0);
    const auto begun = Clock::now();
    CHECK_FALSE(terminal.write(std::string(100'000, 'x'), 100ms));
    const auto taken = Clock::now() - begun;
    CHECK(taken >= 100ms);
    CHECK(taken < 10s);
    CHECK(terminal.write_some("x") == 0);
    terminal.drain(50ms);
    CHECK(Clock::now() - begun < 20s);
    ::tcflow(terminal.descriptor(), TCOON);
    CHECK(terminal.write("x", 100ms));
}

TEST_CASE("a line is given to its user through the open descriptor") {
    const tests::PtyPair pty;
    const Terminal terminal = Terminal::open(pty.path());
    struct stat before {};
    REQUIRE(::fstat(terminal.descriptor(), &before) == 0);
    try {
        terminal.give_to(before.st_uid, before.st_gid, 0620);
    } catch (const std::system_error& problem) {
        tests::skip(problem.what());
    }
    struct stat after {};
    REQUIRE(::stat(pty.path().c_str(), &after) == 0);
    CHECK((after.st_mode & 07777U) == 0620);
    CHECK(after.st_uid == before.st_uid);
    CHECK(after.st_gid == before.st_gid);
}

TEST_CASE("whom a line's owner has named in an access list has nothing of the next owner's") {
    const tests::PtyPair pty;
    const tests::TemporaryDirectory directory;
    // A pseudo-terminal's own node can have no such list; one of the kernel's devtmpfs
    // can, and so can this one, which stands for the terminal that one has.
    const std::string path = directory.path("tty");
    const std::array<std::uint32_t, 11> list{2,  // the version
                                             0x00060001,
                                             ~0U,
                                             0x00060002,
                                             1002,  // owner, 1002
                                             0x00020004,
                                             ~0U,
                                             0x00060010,
                                             ~0U,  // group, mask
                                             0x00000020,
                                             ~0U};  // others
    constexpr const char* name = "system.posix_acl_access";
    if (::mknod(path.c_str(), S_IFCHR | 0620, ::makedev(5, 0)) != 0 ||
        ::setxattr(path.c_str(), name, list.data(), sizeof list, 0) != 0) {
        tests::skip("no devices, or no access lists, can be made here");
    }
    const int outcome = status_with_input(pty.master(), [&] {
        if (::setsid() < 0) {
            return 98;
        }
        Terminal::open(pty.path()).become_controlling();
        const Terminal terminal = Terminal::open(path);
        terminal.give_to(0, 0, 0600);
        terminal.give_to(1001, 5, 0620);
        return 0;
    });
    CHECK(outcome == 0);
    CHECK(::getxattr(path.c_str(), name, nullptr, 0) == -1);
    CHECK(errno == ENODATA);
    struct stat after {};
    REQUIRE(::stat(path.c_str(), &after) == 0);
    CHECK((after.st_mode & 07777U) == 0620);
}

TEST_CASE("a session leader takes a line and its standard descriptors") {
    const tests::PtyPair pty;
    constexpr int no_answer = 94;
    const int outcome = status_with_input(pty.master(), [&] {
        if (::setsid() < 0) {
            return 98;
        }
        const Terminal terminal = Terminal::open(pty.path());
        if (::tcgetsid(terminal.descriptor()) == ::getsid(0)) {
            return 97;  // opening alone must not take it
        }
        terminal.become_controlling();
        terminal.become_standard();
        const bool ours = ::tcgetsid(terminal.descriptor()) == ::getsid(0);
        for (const int fd : {0, 1, 2}) {
            struct stat status {};
            if (::fstat(fd, &status) != 0 || status.st_rdev != terminal.device() ||
                (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0) {
                return 96;
            }
        }
        // tcgetsid(3) says what was in its memory then.
        pid_t session = -1;
        const bool is_told =
            ::ioctl(terminal.descriptor(), TIOCGSID, &session) != 0 || session != -1;
        return ours ? 0 : is_told ? 95 : no_answer;
    });
    if (outcome == no_answer) {
        tests::skip("needs tcgetsid(3), which qemu-user forgets to answer");
    }
    CHECK(outcome == 0);
}

TEST_CASE("a hang-up ends every use of the line, and it can be opened again") {
    if (::geteuid() != 0) {
        tests::skip("needs root, to hang up a line");
    }
    const tests::PtyPair pty;
    const Terminal old = open_raw(pty);
    try {
        need([&] { old.hang_up(); });
    } catch (const std::system_error& problem) {
        // Root of a container, which may not.
        if (problem.code() != std::errc::operation_not_permitted) {
            throw;
        }
        tests::skip(problem.what());
    }
    CHECK_THROWS_AS((void)old.read_byte(), std::system_error);
    CHECK_FALSE(old.write("x"));
    const Terminal anew = open_raw(pty);
    CHECK(anew.write("x"));
    CHECK(pty.read_all() == "x");
}

TEST_CASE("the group of terminals is found without asking any directory") {
    const gid_t group = common::terminal_group();
    CHECK(group > 0);
    CHECK(group < 65'534);
}
