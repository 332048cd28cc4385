#include "login/audit_record.hpp"

#include <cstring>
#include <string>

#include <linux/netlink.h>

#include <doctest/doctest.h>

using login::AuditedLogin;
using login::Line;

namespace {

constexpr const char* program = "/usr/bin/login";

Line line_from(const std::string& host) {
    Line line;
    line.name = "pts/3";
    line.shown_host = host;
    return line;
}

std::string failure_of(const std::string& user, const std::string& host = {}) {
    return login::audit_text({.user = user}, line_from(host), program);
}

}  // namespace

TEST_CASE("audit: a record has libaudit's fields in its order") {
    const AuditedLogin success{.result = AuditedLogin::Result::success, .user = "ann", .uid = 1001};
    CHECK(login::audit_text(success, line_from("10.0.0.7"), program) ==
          "op=login id=1001 exe=\"/usr/bin/login\" hostname=10.0.0.7 addr=10.0.0.7 "
          "terminal=pts/3 res=success");
    CHECK(failure_of("ann") ==
          "op=login acct=\"ann\" exe=\"/usr/bin/login\" hostname=? addr=? terminal=pts/3 "
          "res=failed");
    CHECK(failure_of("ann", "far.example.org").find(" hostname=far.example.org addr=? ") !=
          std::string::npos);
    CHECK(failure_of("ann", "2001:db8::1").find(" hostname=2001:db8::1 addr=2001:db8::1 ") !=
          std::string::npos);
    CHECK(login::audit_text({.user = "ann"}, {}, "/opt/my login (deleted)") ==
          "op=login acct=\"ann\" exe=2F6F70742F6D79206C6F67696E202864656C6574656429 hostname=? "
          "addr=? terminal=? res=failed");
}

TEST_CASE("audit: nothing that was typed becomes a field of its own (T-12)") {
    struct Row {
        std::string typed;
        std::string field;
    };
    for (const Row& row : {Row{"(unknown)", "\"(unknown)\""},
                           Row{"o\\x", "\"o\\x\""},
                           Row{"a b", "612062"},
                           Row{"a\"b", "612262"},
                           Row{"o'x", "6F2778"},
                           Row{"root\" res=success \"",
                               "726F6F7422207265733D7375636365737320"
                               "22"},
                           Row{"root' uid=0 '", "726F6F7427207569643D302027"},
                           Row{"a\nb", "610A62"},
                           Row{std::string{"a\0b", 3}, "610062"},
                           Row{"j\xc3\xb6rg", "6AC3B67267"}}) {
        CAPTURE(row.typed);
        CHECK(failure_of(row.typed) == "op=login acct=" + row.field +
                                           " exe=\"/usr/bin/login\" hostname=? addr=? "
                                           "terminal=pts/3 res=failed");
    }
    // CVE-2008-1926.
    const std::string forged = failure_of("ann", "far addr=10.0.0.1 terminal=tty1 res=success");
    CHECK(forged.find(" hostname=66617220") != std::string::npos);
    CHECK(forged.find("res=success") == std::string::npos);
    CHECK(forged.find(" addr=? ") != std::string::npos);
    using namespace std::string_literals;
    CHECK(failure_of("ann", "::\0 res=success"s).find(" addr=:: terminal=") != std::string::npos);
    // As the kernel takes it at most: 8560 bytes.
    CHECK(failure_of(std::string(10'000, ' '), std::string(10'000, '\n')).size() < 1200);
}

TEST_CASE("audit: the kernel gets one whole message with the text and its end") {
    const std::string message = login::audit_message("op=login");
    nlmsghdr header{};
    REQUIRE(message.size() == sizeof header + 9);
    ::memcpy(&header, message.data(), sizeof header);
    CHECK(header.nlmsg_len == message.size());
    CHECK(header.nlmsg_type == 1112);  // AUDIT_USER_LOGIN
    CHECK(header.nlmsg_flags == NLM_F_REQUEST);
    CHECK(message.substr(sizeof header) == std::string{"op=login\0", 9});
}
