#include "login/login_access.hpp"

#include <string>

#include <doctest/doctest.h>

using login::RuleVerdict;

namespace {

login::AccessReading ann_from(const std::string& origin, const std::string& text) {
    return login::read_login_access(
        text,
        {.user = "ann",
         .is_listed_in = [](std::string_view group) { return group == "staff"; },
         .origin = origin});
}

}  // namespace

TEST_CASE("login access: who a rule is for") {
    struct Row {
        const char* users;
        bool fits;
    };
    const Row rows[] = {
        {"ann", true},
        {"ALL", true},
        {"staff", true},
        {"bob", false},
        {"wheel", false},
        {"an", false},
        {"Ann", false},
        {"bob ann", true},
        {"bob,ann", true},
        {"ALL EXCEPT bob", true},
        {"ALL EXCEPT ann", false},
        {"ALL EXCEPT staff", false},
        {"ALL EXCEPT staff EXCEPT ann", true},
        {"bob EXCEPT ann", false},
        {"staff EXCEPT bob carl", true},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.users});
        const auto reading = ann_from("tty1", std::string{"-:"} + row.users + ":ALL\n");
        CHECK(reading.faults.empty());
        CHECK(reading.verdict == RuleVerdict{.allowed = !row.fits, .line = row.fits ? 1U : 0U});
    }
}

TEST_CASE("login access: where a rule is for") {
    struct Row {
        const char* origins;
        const char* origin;
        bool fits;
    };
    const Row rows[] = {
        {"tty1", "tty1", true},
        {"tty1", "tty10", false},
        {"pts/3", "pts/3", true},
        {"ALL", "", true},
        {"tty1", "", false},
        {"LOCAL", "tty1", true},
        {"LOCAL", "box", true},
        {"LOCAL", "box.example.org", false},
        {"LOCAL", "192.168.1.1", false},
        {"LOCAL", "::1", false},
        {"LOCAL", "2001:db8::1", false},
        {".example.org", "box.example.org", true},
        {".example.org", "BOX.Example.ORG", true},
        {".example.org", "example.org", false},
        {".example.org", "badexample.org", false},
        {".example.org", "box.example.org.evil.net", false},
        {"box.example.org", "Box.example.org", true},
        {"192.168.", "192.168.1.1", true},
        {"192.168.", "192.168.evil.net", false},
        {"192.16.", "192.168.1.1", false},
        {"192.168.1.1", "192.168.1.1", true},
        {"192.168.1.0/24", "192.168.1.77", true},
        {"192.168.1.0/24", "192.168.2.77", false},
        {"192.168.0.0/255.255.0.0", "192.168.2.77", true},
        {"192.168.0.0/255.255.0.0", "192.169.2.77", false},
        {"10.0.0.0/9", "10.127.0.1", true},
        {"10.0.0.0/9", "10.128.0.1", false},
        {"0.0.0.0/0", "1.2.3.4", true},
        {"0.0.0.0/0", "tty1", false},
        {"0.0.0.0/0", "::1", false},
        {"2001:db8::/32", "2001:db8:1::7", true},
        {"2001:db8::/32", "2001:db9::7", false},
        {"::1", "::1", true},
        {"tty/24", "tty/24", true},
        {"ALL EXCEPT LOCAL", "box.example.org", true},
        {"ALL EXCEPT LOCAL .example.org", "box.example.org", false},
        {"ALL EXCEPT tty1", "tty1", false},
        {"tty1 tty2", "tty2", true},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.origins});
        CAPTURE(std::string{row.origin});
        const auto reading = ann_from(row.origin, std::string{"- : ALL : "} + row.origins);
        CHECK(reading.faults.empty());
        CHECK(reading.verdict == RuleVerdict{.allowed = !row.fits, .line = row.fits ? 1U : 0U});
    }
}

TEST_CASE("login access: the first rule that fits decides, and none lets everybody in") {
    CHECK(ann_from("tty1", "").verdict == RuleVerdict{});
    CHECK(ann_from("tty1", "# nobody\n\n+:ann:tty1\n-:ALL:ALL\n").verdict ==
          RuleVerdict{.allowed = true, .line = 3});
    CHECK(ann_from("tty2", "+:ann:tty1\n-:ALL:ALL\n").verdict ==
          RuleVerdict{.allowed = false, .line = 2});
}

TEST_CASE(
    "login access: a rule that cannot be understood is told, and doubted only before another") {
    for (const char* rule : {"x",
                             "-:ann",
                             "-ann:ALL",
                             "*:ann:ALL",
                             ":ann:ALL",
                             "+-:ann:ALL",
                             "-::ALL",
                             "-:ann:",
                             "-:EXCEPT ann:ALL",
                             "-:ALL EXCEPT:ALL",
                             "-:@admins:ALL",
                             "-:ann:192.168.1.0/33",
                             "-:ann:192.168.1.0/x",
                             "-:ann:192.168.1.0/ffff::",
                             "-:ann:::1/129",
                             "-:ann:@hosts",
                             "-:ann@box:ALL"}) {
        CAPTURE(std::string{rule});
        const auto before = ann_from("tty1", std::string{rule} + "\n+:ALL:ALL\n");
        REQUIRE(before.faults.size() == 1);
        CHECK(before.faults.front().line == 1);
        CHECK(before.verdict == RuleVerdict{.allowed = true, .line = 2, .doubted_by = 1});
        const auto after = ann_from("tty1", "+:ALL:ALL\n" + std::string{rule});
        CHECK(after.faults.size() == 1);
        CHECK(after.verdict == RuleVerdict{.allowed = true, .line = 1});
        CHECK(ann_from("tty1", rule).verdict == RuleVerdict{.doubted_by = 1});
    }
}
