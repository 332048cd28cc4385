#include "tests/pty/log_socket.hpp"

#include "common/syscall.hpp"

#include <cstring>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace pty {

namespace {

constexpr std::size_t longest_datagram = 64UL * 1024;

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        throw std::logic_error{path + " is too long for a socket"};
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

/// The one way the sockets API is meant to be called.
const sockaddr* generic(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);  // NOLINT(*-reinterpret-cast)
}

/// A network of its own in which net.unix.max_dgram_qlen is larger, or nothing where there
/// can be none. The machine's is not ours to change.
common::UniqueFd make_network_of_long_queues() {
    const common::UniqueFd ours{::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)};
    if (!ours.is_open() || ::unshare(CLONE_NEWNET) != 0) {
        return {};
    }
    const common::UniqueFd length{
        ::open("/proc/sys/net/unix/max_dgram_qlen", O_WRONLY | O_CLOEXEC)};
    const bool is_set = ::write(length.get(), "1000", 4) == 4;
    common::UniqueFd made{::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)};
    common::check(::setns(ours.get(), CLONE_NEWNET), "return to the network");
    return is_set ? std::move(made) : common::UniqueFd{};
}

/// A queue is as long as its network says when it is made, and is found by its path from
/// any other.
common::UniqueFd socket_with_long_queue() {
    static const common::UniqueFd long_queues = make_network_of_long_queues();
    const common::UniqueFd ours{::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)};
    const bool is_there = ours.is_open() && ::setns(long_queues.get(), CLONE_NEWNET) == 0;
    common::UniqueFd made{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (is_there) {
        common::check(::setns(ours.get(), CLONE_NEWNET), "return to the network");
    }
    common::check(made.get(), "socket");
    return made;
}

void bind_to(const common::UniqueFd& socket, const std::string& path) {
    const sockaddr_un address = address_of(path);
    common::check(::bind(socket.get(), generic(address), sizeof address), "bind", path);
    common::check(::chmod(path.c_str(), 0666), "chmod", path);
}

}  // namespace

void fill_log(const std::string& path) {
    const sockaddr_un address = address_of(path);
    for (int sent = 1; sent > 0;) {
        const common::UniqueFd writer{common::check(
            ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket")};
        common::check(::connect(writer.get(), generic(address), sizeof address), "connect", path);
        for (sent = 0; ::send(writer.get(), "x", 1, MSG_NOSIGNAL) == 1; ++sent) {
        }
    }
}

LogSocket::LogSocket(const std::string& path) : socket_(socket_with_long_queue()) {
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
