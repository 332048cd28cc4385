#include "login/user_name.hpp"

#include <string>

#include <doctest/doctest.h>

TEST_CASE("T-12 names: what can be one") {
    for (const std::string& name : {std::string{"demo"},
                                    std::string{"a"},
                                    std::string{"0"},
                                    std::string{"1000"},
                                    std::string{"DOMAIN\\user"},
                                    std::string{"first.last@example.org"},
                                    std::string{"machine$"},
                                    std::string{"J\xc3\xbcrgen"},
                                    std::string(256, 'x')}) {
        CAPTURE(std::string{name});
        CHECK(login::is_possible_user_name(name));
    }
}

TEST_CASE("T-01 T-12 names: what can be none") {
    for (const std::string& name : {std::string{},
                                    std::string{"-"},
                                    std::string{"-froot"},
                                    std::string{"--"},
                                    std::string{"root -f"},
                                    std::string{"\t-f"},
                                    std::string{"a b"},
                                    std::string{"a=b"},
                                    std::string{"a,b"},
                                    std::string{"a:b"},
                                    std::string{"../etc"},
                                    std::string{"a\"b"},
                                    std::string{"a'b"},
                                    std::string{"a\nb"},
                                    std::string{"a\x7f"},
                                    std::string{"a\0b", 3},
                                    std::string{"\xff"},
                                    std::string{"\xc3"},
                                    std::string{"a\xc2\x9b"},      // C1
                                    std::string{"a\xe2\x80\xae"},  // right to left override
                                    std::string{"\xc0\xad"},       // an overlong dash
                                    std::string(257, 'x')}) {
        CAPTURE(std::string{name});
        CHECK_FALSE(login::is_possible_user_name(name));
    }
}
