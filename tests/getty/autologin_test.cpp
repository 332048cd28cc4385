#include "getty/autologin.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

TEST_CASE("an account that is locked or has expired is not logged in by itself") {
    constexpr std::string_view shadow =
        "root:*:19000:0:99999:7:::\n"
        "kiosk:$y$j9T$salt$hash:19000:0:99999:7:::\n"
        "gone:!$y$j9T$salt$hash:19000:0:99999:7:::\n"
        "new:!:19000:0:99999:7:::\n"
        "over:*:19000:0:99999:7::19500:\n"
        "short:*\n";
    const std::chrono::sys_days day{std::chrono::days{19'500}};
    struct Case {
        std::string_view user;
        std::string reason;
    };
    const std::vector<Case> cases{
        {"root", ""},
        {"kiosk", ""},
        {"gone", "the account is locked"},
        {"new", "the account is locked"},
        {"over", "the account has expired"},
        {"short", ""},
        {"elsewhere", ""},
        {"", ""},
    };
    for (const Case& c : cases) {
        CAPTURE(c.user);
        CHECK(getty::reason_against_autologin(shadow, c.user, day).value_or("") == c.reason);
    }
    CHECK_FALSE(getty::reason_against_autologin(shadow, "over", day - std::chrono::days{1}));
}
