#include "common/assigned_value.hpp"

#include <string_view>
#include <vector>

#include <doctest/doctest.h>

TEST_CASE("values of os-release are unquoted as a shell would") {
    struct Value {
        std::string_view text;
        std::string_view expected;
    };
    const std::vector<Value> cases{
        {"", ""},
        {"V=", ""},
        {"V=x", "x"},
        {"V=x\n", "x"},
        {"A=1\nV=x\nB=2\n", "x"},
        {"V=\"Debian GNU/Linux\"\n", "Debian GNU/Linux"},
        {"V='Debian GNU/Linux'\n", "Debian GNU/Linux"},
        {"V=\"it's\"\n", "it's"},
        {"V='say \"hi\"'\n", "say \"hi\""},
        {R"(V="say \"hi\"")", "say \"hi\""},
        {R"(V="a\\b\$c\`d")", "a\\b$c`d"},
        {R"(V="a\nb\'c")", R"(a\nb\'c)"},  // in double quotes only \ " $ ` are escaped
        {R"(V='a\\b')", R"(a\\b)"},        // in single quotes nothing is
        {R"(V=a\ b\\c)", "a b\\c"},
        {R"(V=a\)", "a\\"},
        {"V=\"open\n", "open"},
        {"V=\"x\" # rest\n", "x"},
        {"#V=no\nV=x\n", "x"},
        {"VV=no\nV=x\n", "x"},
        {"xV=no\nV=x\n", "x"},
        {"VERSION=no\n", ""},
        {"no assignment\nV\n", ""},
    };
    for (const Value& c : cases) {
        CAPTURE(c.text);
        CHECK(common::assigned_value(c.text, "V") == c.expected);
    }
}
