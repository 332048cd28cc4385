#include "getty/boot_splash.hpp"

#include "common/log.hpp"
#include "common/terminal.hpp"
#include "common/unique_fd.hpp"

#include <cstddef>
#include <string_view>
#include <system_error>
#include <utility>

#include <linux/kd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace getty {

namespace {

using namespace std::chrono_literals;

/// What init needs to get to the end of a boot whose last word is a getty.
constexpr auto patience = 10s;
constexpr auto time_to_quit = 2s;
constexpr auto interval = 100ms;

/// Of plymouth's protocol (ply-boot-protocol.h): a letter, then NUL.
constexpr std::string_view quit{"Q\0", 2};

/// A connection to root's splash, not open where there is none.
common::UniqueFd connect_to_splash() {
    common::UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket.is_open()) {
        return {};
    }
    constexpr std::string_view name = "/org/freedesktop/plymouthd";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    // Abstract: the first byte stays 0, and the length says where it ends.
    name.copy(address.sun_path + 1, sizeof address.sun_path - 1);
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    ucred peer{};
    socklen_t size = sizeof peer;
    const bool is_roots =
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0 &&
        ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == 0;
    return is_roots ? std::move(socket) : common::UniqueFd{};
}

/// Most lines by far that are none, known without a look.
bool is_pseudo_terminal(std::string_view line) {
    return common::line_path(line).starts_with("/dev/pts/");
}

bool is_virtual_terminal(const std::string& line) {
    if (line == "-") {
        int mode = 0;
        return ::ioctl(STDIN_FILENO, KDGKBMODE, &mode) == 0;
    }
    try {
        return common::Terminal::open(common::line_path(line)).is_virtual_terminal();
    } catch (const std::system_error&) {
        return false;
    }
}

}  // namespace

std::optional<std::chrono::milliseconds> BootSplash::wants_time(const std::string& line, Time now) {
    if (is_pseudo_terminal(line) || (seen_ && now >= *seen_ + patience + time_to_quit)) {
        return std::nullopt;
    }
    const common::UniqueFd splash = connect_to_splash();
    if (!splash.is_open() || !is_virtual_terminal(line)) {
        return std::nullopt;
    }
    if (!seen_) {
        seen_ = now;
    }
    if (now >= *seen_ + patience && !std::exchange(asked_to_quit_, true)) {
        common::log(common::Severity::notice, "asking the boot splash to end");
        ::send(splash.get(), quit.data(), quit.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    return interval;
}

}  // namespace getty
