#include "login/account_sources.hpp"

#include <string>

#include <doctest/doctest.h>

using Sources = login::AccountSources;

TEST_CASE("T-43 account sources: who else may be asked, and need not answer") {
    struct Row {
        const char* text;
        Sources expected;
    };
    for (const Row& row :
         {Row{"", Sources::this_machine},
          Row{"passwd: files\ngroup: files\nshadow: files\n", Sources::files},
          Row{"shadow:files\ngroup: files # ldap\npasswd: files [!UNAVAIL=return]\n"
              "initgroups: files\nhosts: dns\n",
              Sources::files},
          Row{"passwd: files\ngroup: files\nshadow: files\ninitgroups: db\n",
              Sources::this_machine},
          Row{"passwd: files\nshadow: files\n", Sources::this_machine},
          Row{"passwd: files systemd\ngroup: files systemd\n", Sources::this_machine},
          Row{"passwd:files\n", Sources::this_machine},
          Row{"hosts: files dns\npasswd: files\n", Sources::this_machine},
          Row{"passwd: compat\n", Sources::this_machine},
          Row{"passwd: files [NOTFOUND=return]\n", Sources::this_machine},
          Row{"passwd: files # ldap\n", Sources::this_machine},
          Row{"# passwd: ldap\n", Sources::this_machine},
          Row{"passwd: files ldap\n", Sources::elsewhere},
          Row{"passwd:ldap files\n", Sources::elsewhere},
          Row{"passwd: files [NOTFOUND=return] sss\n", Sources::elsewhere},
          Row{"passwd: files [ NOTFOUND = return ] sss", Sources::elsewhere},
          Row{"passwd: files\n  group:\tfiles\tsss\n", Sources::elsewhere},
          Row{"shadow: files nis\n", Sources::elsewhere},
          Row{"initgroups: files winbind\n", Sources::elsewhere}}) {
        CAPTURE(std::string{row.text});
        CHECK(login::account_sources(row.text) == row.expected);
    }
}
