#include "login/process_identity.hpp"

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
