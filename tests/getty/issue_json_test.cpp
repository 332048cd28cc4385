#include "getty/issue_json.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

TEST_CASE("JSON: the issue and all the facts, one in each row") {
    getty::IssueFacts facts;
    const auto tells = [](std::string what) { return [what] { return what; }; };
    facts.system_name = tells("Linux");
    facts.node_name = tells("bo\"x");
    facts.release = tells("6.1");
    facts.version = tells("#1");
    facts.machine = tells("x86_64");
    facts.domain = tells("(none)");
    facts.host_domain = tells("example.org");
    facts.os_release = [](std::string_view name) { return std::string{name}; };
    facts.now = [] {
        return std::tm{
            .tm_sec = 5, .tm_min = 4, .tm_hour = 3, .tm_mday = 22, .tm_mon = 10, .tm_year = 126};
    };
    facts.users = [] { return 2U; };
    facts.ipv4_address = [](std::string_view) { return std::string{"192.0.2.1"}; };
    facts.ipv6_address = [](std::string_view) { return std::string{}; };
    facts.addresses = [](getty::AddressList, std::string_view) {
        return std::string{"eth0: 192.0.2.1\neth1: 192.0.2.2\n"};
    };
    facts.host_keys = tells("");
    facts.line = "ttyS0";
    facts.speed = 9600;
    CHECK(getty::issue_as_json("Welcome\n\x1b[m", facts) == R"json({
  "issue": "Welcome\n\u001b[m",
  "system": "Linux",
  "host": "bo\"x",
  "release": "6.1",
  "version": "#1",
  "machine": "x86_64",
  "nis_domain": "(none)",
  "dns_domain": "example.org",
  "os": "PRETTY_NAME",
  "time": "2026-11-22T03:04:05",
  "users": 2,
  "ipv4": "192.0.2.1",
  "ipv6": "",
  "addresses": ["eth0: 192.0.2.1", "eth1: 192.0.2.2"],
  "host_keys": [],
  "line": "ttyS0",
  "speed": 9600
}
)json");
}
