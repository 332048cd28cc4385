#include "common/language_name.hpp"

#include <string>

#include <doctest/doctest.h>

TEST_CASE("a language's name is one of setlocale(3)'s, and never a path") {
    for (const char* const name :
         {"de", "de_DE", "de_DE.UTF-8", "de_DE@euro", "sr_RS.UTF-8@latin", "ast", "zh-Hans"}) {
        CAPTURE(name);
        CHECK(common::is_language(name));
    }
    CHECK(common::is_language("de" + std::string(30, '_')));
    CHECK_FALSE(common::is_language("de" + std::string(31, '_')));
    for (const char* const name : {"",
                                   "d",
                                   "C",
                                   "POSIX",
                                   "DE",
                                   "d1",
                                   "1de",
                                   "de/..",
                                   "../de",
                                   "de..",
                                   "de DE",
                                   "de\n",
                                   "de\x1b[2J",
                                   "d\xc3\xa4",
                                   "/etc/de"}) {
        CAPTURE(name);
        CHECK_FALSE(common::is_language(name));
    }
}
