#include "tests/pty/log_socket.hpp"

#include "common/syscall.hpp"

#include <cstring>
#include <stdexcept>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace pty {

namespace {

constexpr std::size_t longest_datagram = 64UL * 1024;

void bind_to(const common::UniqueFd& socket, const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        throw std::logic_error{path + " is too long for a socket"};
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    // The one way the sockets API is meant to be called.
    const auto* generic =
        reinterpret_cast<const sockaddr*>(&address);  // NOLINT(*-reinterpret-cast)
    common::check(::bind(socket.get(), generic, sizeof address), "bind", path);
    common::check(::chmod(path.c_str(), 0666), "chmod", path);
}

}  // namespace

LogSocket::LogSocket(const std::string& path)
    : socket_(common::check(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                            "socket")) {
    bind_to(socket_, path);
}

const std::vector<std::string>& LogSocket::lines() {
    receive();
    return lines_;
}

void LogSocket::forget() {
    receive();
    lines_.clear();
}

void LogSocket::receive() {
    std::string datagram;
    while (true) {
        datagram.resize(longest_datagram);
        const auto length = common::retry_interrupted(
            [&] { return ::recv(socket_.get(), datagram.data(), datagram.size(), 0); });
        if (length < 0) {
            return;
        }
        datagram.resize(static_cast<std::size_t>(length));
        while (!datagram.empty() && (datagram.back() == '\n' || datagram.back() == '\0')) {
            datagram.pop_back();
        }
        lines_.push_back(datagram);
    }
}

}  // namespace pty
