#include "login/account_sources.hpp"

#include <string>

#include <doctest/doctest.h>

TEST_CASE("T-43 account sources: who else may be asked, and need not answer") {
    struct Row {
        const char* text;
        bool elsewhere;
    };
    for (const Row& row : {Row{"", false},
                           Row{"passwd: files\ngroup: files\nshadow: files\n", false},
                           Row{"passwd: files systemd\ngroup: files systemd\n", false},
                           Row{"passwd:files\n", false},
                           Row{"hosts: files dns\npasswd: files\n", false},
                           Row{"passwd: compat\n", false},
                           Row{"passwd: files [NOTFOUND=return]\n", false},
                           Row{"passwd: files # ldap\n", false},
                           Row{"# passwd: ldap\n", false},
                           Row{"passwd: files ldap\n", true},
                           Row{"passwd:ldap files\n", true},
                           Row{"passwd: files [NOTFOUND=return] sss\n", true},
                           Row{"passwd: files [ NOTFOUND = return ] sss", true},
                           Row{"passwd: files\n  group:\tfiles\tsss\n", true},
                           Row{"shadow: files nis\n", true},
                           Row{"initgroups: files winbind\n", true}}) {
        CAPTURE(std::string{row.text});
        CHECK(login::asks_elsewhere(row.text) == row.elsewhere);
    }
}
