#include "getty/addresses.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using getty::Address;
using getty::address_lines;
using getty::AddressList;
using getty::best_address;
using getty::Reach;

namespace {

/// As the kernel lists them: IPv4 first, then IPv6, the newest address first.
const std::vector<Address> addresses{
    {"lo", AF_INET, "127.0.0.1", Reach::host, false},
    {"eth0", AF_INET, "169.254.1.1", Reach::link, true},
    {"eth0", AF_INET, "192.0.2.5", Reach::global, true},
    {"eth0", AF_INET, "192.0.2.6", Reach::global, true},
    {"wlan0", AF_INET, "198.51.100.7", Reach::global, true},
    {"down0", AF_INET, "203.0.113.1", Reach::global, false},
    {"lo", AF_INET6, "::1", Reach::host, false},
    {"eth0", AF_INET6, "2001:db8::a", Reach::temporary, true},
    {"eth0", AF_INET6, "2001:db8::b", Reach::deprecated, true},
    {"eth0", AF_INET6, "2001:db8::5", Reach::global, true},
    {"eth0", AF_INET6, "fe80::1", Reach::link, true},
    {"wlan0", AF_INET6, "fe80::2", Reach::link, true},
};

}  // namespace

TEST_CASE("the address of an issue is the best of the interface that is meant") {
    struct Case {
        sa_family_t family;
        std::string_view interface;
        std::string_view by_default;
        std::string_view expected;
    };
    const std::vector<Case> cases{
        {AF_INET, "", "", "192.0.2.5"},
        {AF_INET, "", "wlan0", "198.51.100.7"},
        {AF_INET, "", "eth0", "192.0.2.5"},
        {AF_INET, "", "gone0", "192.0.2.5"},
        {AF_INET, "lo", "eth0", "127.0.0.1"},
        {AF_INET, "down0", "eth0", "203.0.113.1"},
        {AF_INET, "none", "eth0", ""},
        {AF_INET6, "", "", "2001:db8::5"},
        {AF_INET6, "", "wlan0", "2001:db8::5"},
        {AF_INET6, "wlan0", "", "fe80::2"},
        {AF_INET6, "lo", "", "::1"},
        {AF_INET6, "down0", "", ""},
    };
    for (const Case& c : cases) {
        CAPTURE(c.interface);
        CAPTURE(c.by_default);
        CHECK(best_address(addresses, c.family, c.interface, c.by_default) == c.expected);
    }
    CHECK(best_address({}, AF_INET, "", "").empty());
}

TEST_CASE("a list of addresses has a line for an interface, the best first") {
    CHECK(address_lines(addresses, AddressList::best, "") ==
          "eth0: 192.0.2.5 192.0.2.6 2001:db8::5\nwlan0: 198.51.100.7");
    CHECK(address_lines(addresses, AddressList::all, "") ==
          "eth0: 192.0.2.5 192.0.2.6 2001:db8::5 2001:db8::a 2001:db8::b 169.254.1.1 fe80::1\n"
          "wlan0: 198.51.100.7 fe80::2");
    CHECK(address_lines(addresses, AddressList::best, "down0") == "down0: 203.0.113.1");
    CHECK(address_lines(addresses, AddressList::best, "lo").empty());
    CHECK(address_lines(addresses, AddressList::all, "lo") == "lo: 127.0.0.1 ::1");
    CHECK(address_lines(addresses, AddressList::all, "none").empty());
}

TEST_CASE("the default route leads out of one interface") {
    constexpr std::string_view head =
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
    const auto with = [head](std::string_view lines) {
        return getty::default_interface(std::string{head} + std::string{lines});
    };
    CHECK(with("").empty());
    CHECK(with("eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n") == "eth0");
    CHECK(with("eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
               "wlan0\t00000000\t010200C0\t0003\t0\t0\t50\t00000000\t0\t0\t0\n") == "wlan0");
    CHECK(with("eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n").empty());
    // Half of everything, as VPNs have it, is no default route; nor is a refusal.
    CHECK(with("tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0\n").empty());
    CHECK(with("*\t00000000\t00000000\t0200\t0\t0\t0\t00000000\t0\t0\t0\n").empty());
    CHECK(with("eth0\t00000000\n\n0 0 0 0\n").empty());

    const std::string zeros(32, '0');
    const auto route = [&](std::string_view destination,
                           std::string_view length,
                           std::string_view metric,
                           std::string_view flags,
                           std::string_view interface) {
        return std::string{destination} + " " + std::string{length} + " " + zeros + " 00 " + zeros +
               " " + std::string{metric} + " 00000001 00000000 " + std::string{flags} + " " +
               std::string{interface} + "\n";
    };
    const std::string rejected = route(zeros, "00", "ffffffff", "00200200", "      lo");
    CHECK(getty::default_ipv6_interface(rejected).empty());
    CHECK(getty::default_ipv6_interface(
              rejected + route(zeros, "00", "00000400", "00450003", "    eth0")) == "eth0");
    CHECK(getty::default_ipv6_interface(route(zeros, "00", "00000400", "00450003", "eth0") +
                                        route(zeros, "00", "00000100", "00450003", "wlan0")) ==
          "wlan0");
    CHECK(getty::default_ipv6_interface(
              route("20010db8000000000000000000000000", "40", "00000100", "00000001", "eth0"))
              .empty());
}

TEST_CASE("how far an address leads") {
    const auto reach = [](std::array<unsigned char, 4> bytes) {
        return getty::ipv4_reach(bytes.data());
    };
    CHECK(reach({192, 0, 2, 1}) == Reach::global);
    CHECK(reach({10, 0, 0, 1}) == Reach::global);
    CHECK(reach({127, 3, 2, 1}) == Reach::host);
    CHECK(reach({169, 254, 0, 1}) == Reach::link);
    CHECK(reach({169, 253, 0, 1}) == Reach::global);
    constexpr std::string_view table =
        "00000000000000000000000000000001 01 80 10 80       lo\n"
        "20010db8000000000000000000000005 03 40 00 82     eth0\n"
        "20010db8000000000000000000000006 03 40 00 01     eth0\n"
        "20010db8000000000000000000000007 03 40 00 21     eth0\n"
        "fec00000000000000000000000000001 03 40 40 80     eth0\n"
        "fe800000000000000000000000000001 03 40 20 80     eth0\n";
    CHECK(getty::ipv6_reach_in(table, "00000000000000000000000000000001") == Reach::host);
    CHECK(getty::ipv6_reach_in(table, "20010db8000000000000000000000005") == Reach::global);
    CHECK(getty::ipv6_reach_in(table, "20010db8000000000000000000000006") == Reach::temporary);
    CHECK(getty::ipv6_reach_in(table, "20010db8000000000000000000000007") == Reach::deprecated);
    CHECK(getty::ipv6_reach_in(table, "fec00000000000000000000000000001") == Reach::global);
    CHECK(getty::ipv6_reach_in(table, "fe800000000000000000000000000001") == Reach::link);
    CHECK(getty::ipv6_reach_in(table, "20010db8000000000000000000000009") == Reach::global);
    CHECK(getty::ipv6_reach_in("", "00") == Reach::global);
}
