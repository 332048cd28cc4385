#include "tests/pty/network.hpp"

#include "common/syscall.hpp"
#include "tests/testing.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace pty {

namespace {

struct Request {
    nlmsghdr header;
    ifaddrmsg message;
    rtattr attribute;
    in_addr address;
};

/// Open once it has been left.
common::UniqueFd& machines_network() {
    static common::UniqueFd network;
    return network;
}

}  // namespace

void return_to_network() {
    if (machines_network().is_open()) {
        common::check(::setns(machines_network().get(), CLONE_NEWNET), "return to the network");
    }
}

void leave_network() {
    if (!machines_network().is_open()) {
        machines_network().reset(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    }
    if (::unshare(CLONE_NEWNET) != 0) {
        tests::skip("needs a private network namespace");
    }
}

void raise_loopback() {
    const common::UniqueFd socket{
        common::check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket")};
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP;
    common::check(::ioctl(socket.get(), SIOCSIFFLAGS, &request), "raise the loopback interface");
}

Addresses::Addresses()
    : socket_(
          common::check(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), "socket")) {}

void Addresses::add(const char* address) const {
    request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, address);
}

void Addresses::remove(const char* address) const {
    request(RTM_DELADDR, 0, address);
}

void Addresses::request(int type, int flags, const char* address) const {
    Request request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = static_cast<unsigned short>(type);
    request.header.nlmsg_flags = static_cast<unsigned short>(NLM_F_REQUEST | NLM_F_ACK | flags);
    request.message.ifa_family = AF_INET;
    request.message.ifa_prefixlen = 32;
    request.message.ifa_index = ::if_nametoindex("lo");
    request.attribute.rta_len = RTA_LENGTH(sizeof request.address);
    request.attribute.rta_type = IFA_LOCAL;
    if (::inet_pton(AF_INET, address, &request.address) != 1) {
        throw std::invalid_argument{std::string{address} + " is no IPv4 address"};
    }
    common::check(::send(socket_.get(), &request, sizeof request, 0), "send");
    std::array<char, 1024> reply{};
    common::check(::recv(socket_.get(), reply.data(), reply.size(), 0), "recv");
    nlmsgerr answer{};
    std::memcpy(&answer, reply.data() + NLMSG_HDRLEN, sizeof answer);
    errno = -answer.error;
    common::check(answer.error, "change the address", address);
}

}  // namespace pty
