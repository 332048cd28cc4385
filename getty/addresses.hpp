#pragma once

#include "getty/issue.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>

namespace getty {

/// How far an address leads, the best first.
enum class Reach { global, temporary, deprecated, link, host };

struct Address {
    std::string interface {};
    sa_family_t family = AF_UNSPEC;  ///< AF_INET or AF_INET6
    std::string text{};
    Reach reach = Reach::global;
    bool is_up = false;  ///< of the interface: up, running, and no loopback
};

/// The address for \4 and \6: of the named interface, whatever its state, else
/// of the one that the default route leaves by, else of any that is up. The
/// best one; the kernel's first of equals. "" if there is none.
[[nodiscard]] std::string best_address(const std::vector<Address>& addresses,
                                       sa_family_t family,
                                       std::string_view interface,
                                       std::string_view default_interface);

/// `eth0: 192.0.2.1 2001:db8::1`, a line for each interface that has any, the
/// best addresses first. `best` leaves out what serves nobody from outside:
/// temporary, deprecated and link-local addresses.
[[nodiscard]] std::string address_lines(const std::vector<Address>& addresses,
                                        AddressList which,
                                        std::string_view interface);

/// From /proc/net/route and /proc/net/ipv6_route: the interface of the default
/// route with the lowest metric, or "".
[[nodiscard]] std::string default_interface(std::string_view routes);
[[nodiscard]] std::string default_ipv6_interface(std::string_view routes);

/// Reach by IPv4 address, RFC 3927 and RFC 1122; network byte order in memory.
[[nodiscard]] Reach ipv4_reach(const unsigned char* address);
/// Reach from scope and flags as in /proc/net/if_inet6.
[[nodiscard]] Reach ipv6_reach(unsigned scope, unsigned flags);

/// From /proc/net/if_inet6: reach of the address given as 32 hexadecimal
/// digits; global where it is not there.
[[nodiscard]] Reach ipv6_reach_in(std::string_view table, std::string_view digits);

/// What the machine has now. No name is ever resolved.
[[nodiscard]] std::vector<Address> read_addresses();

}  // namespace getty
