#include "login/process_identity.hpp"

#include "tests/testing.hpp"

#include <array>
#include <string>
#include <string_view>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

using Groups = std::vector<gid_t>;

TEST_CASE("T-43 groups of an account by the local file") {
    constexpr std::string_view file =
        "root:x:0:\n"
        "adm:x:4:demo,root\n"
        "broken\n"
        "worse:x:notanumber:demo\n"
        "signed:x:-1:demo\n"
        "audio:x:29:demo\n"
        "audio2:x:29:demo\n"
        "almost:x:30:demon,ademo\n"
        "last:x:31:root,demo";
    CHECK(login::groups_in(file, "demo", 1000) == Groups{1000, 4, 29, 31});
    CHECK(login::groups_in(file, "root", 0) == Groups{0, 4, 31});
    CHECK(login::groups_in(file, "nobody", 65534) == Groups{65534});
    CHECK(login::groups_in("", "demo", 1000) == Groups{1000});
}

TEST_CASE("T-43 of a file that was not read to its end no torn line counts") {
    struct Case {
        std::string_view text;
        std::string_view whole;
    };
    constexpr auto cases = std::to_array<Case>({
        {"", ""},
        {"audio:x:29:ann", ""},
        {"adm:x:4:\n", "adm:x:4:\n"},
        {"adm:x:4:\naudio:x:29:ann", "adm:x:4:\n"},
        {"adm:x:4:\n\n", "adm:x:4:\n\n"},
    });
    for (const Case& c : cases) {
        CAPTURE(c.text);
        CHECK(login::without_torn_line(std::string{c.text}) == c.whole);
    }
}

TEST_CASE("whoever has become a user is not to be traced by them before exec") {
    if (::geteuid() != 0) {
        tests::skip("needs root");
    }
    constexpr uid_t nobody = 65534;
    const pid_t child = ::fork();
    if (child == 0) {
        // As fs.suid_dumpable=1 would leave it, which is the whole machine's.
        if (::setresgid(nobody, nobody, nobody) != 0 || ::setresuid(nobody, nobody, nobody) != 0 ||
            ::prctl(PR_SET_DUMPABLE, 1) != 0) {
            ::_exit(2);
        }
        const bool is_hidden =
            login::become_for_good(nobody, nobody) == 0 && ::prctl(PR_GET_DUMPABLE) == 0;
        ::_exit(is_hidden ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}
