#include "getty/addresses.hpp"

#include "common/text_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>

namespace getty {

namespace {

/// ifa_scope as /proc/net/if_inet6 has it (the kernel's IPV6_ADDR_* types).
constexpr unsigned ipv6_host_scope = 0x10;
constexpr unsigned ipv6_link_scope = 0x20;

/// The words of a line, as many as there are up to N.
template <std::size_t N>
std::array<std::string_view, N> words_of(std::string_view line) {
    std::array<std::string_view, N> words{};
    for (std::string_view& word : words) {
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        word = line.substr(0, line.find_first_of(" \t"));
        line.remove_prefix(word.size());
    }
    return words;
}

std::string_view take_line(std::string_view& text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    return line;
}

std::optional<unsigned long> number(std::string_view digits, int base) {
    unsigned long value = 0;
    const auto [end, problem] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (digits.empty() || problem != std::errc{} || end != digits.data() + digits.size()) {
        return std::nullopt;
    }
    return value;
}

bool is_zero(std::string_view digits) {
    return !digits.empty() && digits.find_first_not_of('0') == digits.npos;
}

/// Keeps the route with the lowest metric; the first of equals.
class BestRoute {
  public:
    void offer(std::string_view interface, std::optional<unsigned long> metric) {
        if (metric && (!metric_ || *metric < *metric_)) {
            metric_ = metric;
            interface_ = interface;
        }
    }
    [[nodiscard]] std::string interface() const { return std::string{interface_}; }

  private:
    std::optional<unsigned long> metric_{};
    std::string_view interface_{};
};

const Address* best_of(const std::vector<Address>& addresses,
                       const std::function<bool(const Address&)>& wanted) {
    const Address* best = nullptr;
    for (const Address& address : addresses) {
        if (wanted(address) && (best == nullptr || address.reach < best->reach)) {
            best = &address;
        }
    }
    return best;
}

std::string printed(sa_family_t family, const void* bytes) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const char* const result = ::inet_ntop(family, bytes, text.data(), text.size());
    return result != nullptr ? result : "";
}

std::string hexadecimal(const in6_addr& address) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : address.s6_addr) {
        text += digits[byte >> 4U];
        text += digits[byte & 0xfU];
    }
    return text;
}

}  // namespace

std::string best_address(const std::vector<Address>& addresses,
                         sa_family_t family,
                         std::string_view interface,
                         std::string_view default_interface) {
    const auto on = [family](std::string_view name) {
        return
            [family, name](const Address& a) { return a.family == family && a.interface == name; };
    };
    if (!interface.empty()) {
        const Address* const named = best_of(addresses, on(interface));
        return named != nullptr ? named->text : std::string{};
    }
    const Address* best = best_of(addresses, on(default_interface));
    if (best == nullptr || best->reach >= Reach::link) {
        best = best_of(addresses,
                       [family](const Address& a) { return a.family == family && a.is_up; });
    }
    return best != nullptr ? best->text : std::string{};
}

std::string address_lines(const std::vector<Address>& addresses,
                          AddressList which,
                          std::string_view interface) {
    std::vector<std::string_view> names;
    for (const Address& address : addresses) {
        const bool wanted = interface.empty() ? address.is_up : address.interface == interface;
        if (wanted && std::find(names.begin(), names.end(), address.interface) == names.end()) {
            names.push_back(address.interface);
        }
    }
    std::string lines;
    for (const std::string_view name : names) {
        std::string line;
        for (const Reach reach :
             {Reach::global, Reach::temporary, Reach::deprecated, Reach::link, Reach::host}) {
            for (const Address& address : addresses) {
                if (address.interface == name && address.reach == reach &&
                    (which == AddressList::all || reach == Reach::global)) {
                    line += " " + address.text;
                }
            }
        }
        if (!line.empty()) {
            lines += (lines.empty() ? "" : "\n") + std::string{name} + ":" + line;
        }
    }
    return lines;
}

std::string default_interface(std::string_view routes) {
    // Iface Destination Gateway Flags RefCnt Use Metric Mask ...
    BestRoute best;
    while (!routes.empty()) {
        const auto words = words_of<8>(take_line(routes));
        const auto flags = number(words[3], 16);
        if (is_zero(words[1]) && is_zero(words[7]) && flags && (*flags & RTF_UP) != 0 &&
            (*flags & RTF_REJECT) == 0) {
            best.offer(words[0], number(words[6], 10));
        }
    }
    return best.interface();
}

std::string default_ipv6_interface(std::string_view routes) {
    // destination length source length next-hop metric references use flags interface
    BestRoute best;
    while (!routes.empty()) {
        const auto words = words_of<10>(take_line(routes));
        const auto flags = number(words[8], 16);
        if (is_zero(words[0]) && is_zero(words[1]) && flags && (*flags & RTF_UP) != 0 &&
            (*flags & RTF_REJECT) == 0) {
            best.offer(words[9], number(words[5], 16));
        }
    }
    return best.interface();
}

Reach ipv4_reach(const unsigned char* address) {
    if (address[0] == 127) {
        return Reach::host;
    }
    return address[0] == 169 && address[1] == 254 ? Reach::link : Reach::global;
}

Reach ipv6_reach(unsigned scope, unsigned flags) {
    if (scope == ipv6_host_scope) {
        return Reach::host;
    }
    if (scope == ipv6_link_scope) {
        return Reach::link;
    }
    if ((flags & IFA_F_DEPRECATED) != 0) {
        return Reach::deprecated;
    }
    return (flags & IFA_F_TEMPORARY) != 0 ? Reach::temporary : Reach::global;
}

Reach ipv6_reach_in(std::string_view table, std::string_view digits) {
    // address index length scope flags interface
    while (!table.empty()) {
        const auto words = words_of<5>(take_line(table));
        const auto scope = number(words[3], 16);
        const auto flags = number(words[4], 16);
        if (words[0] == digits && scope && flags) {
            return ipv6_reach(static_cast<unsigned>(*scope), static_cast<unsigned>(*flags));
        }
    }
    return Reach::global;
}

std::vector<Address> read_addresses() {
    std::vector<Address> addresses;
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) {
        return addresses;
    }
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner{list, &::freeifaddrs};
    const std::string ipv6_table = common::read_text_file("/proc/net/if_inet6").value_or("");
    for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
        if (entry->ifa_addr == nullptr) {
            continue;
        }
        Address address{.interface = entry->ifa_name, .family = entry->ifa_addr->sa_family};
        const void* const untyped = entry->ifa_addr;
        if (address.family == AF_INET) {
            const in_addr& bytes = static_cast<const sockaddr_in*>(untyped)->sin_addr;
            const void* const start = &bytes;
            address.reach = ipv4_reach(static_cast<const unsigned char*>(start));
            address.text = printed(AF_INET, &bytes);
        } else if (address.family == AF_INET6) {
            const in6_addr& bytes = static_cast<const sockaddr_in6*>(untyped)->sin6_addr;
            address.reach = ipv6_reach_in(ipv6_table, hexadecimal(bytes));
            address.text = printed(AF_INET6, &bytes);
        } else {
            continue;
        }
        const unsigned flags = entry->ifa_flags;
        address.is_up =
            (flags & IFF_UP) != 0 && (flags & IFF_RUNNING) != 0 && (flags & IFF_LOOPBACK) == 0;
        addresses.push_back(std::move(address));
    }
    return addresses;
}

}  // namespace getty
