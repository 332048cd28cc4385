#include "common/json.hpp"

#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace std::string_view_literals;

TEST_CASE("JSON: strings have nothing in them that ends or acts") {
    struct Case {
        std::string_view text;
        std::string_view json;
    };
    for (const Case& c : std::vector<Case>{
             {"", R"("")"},
             {"box", R"("box")"},
             {R"(a"b\c/)", R"("a\"b\\c/")"},
             {"a\nb\r\t", R"("a\nb\u000d\u0009")"},
             {"\0\x1b[2J\x7f"sv, R"("\u0000\u001b[2J\u007f")"},
             {"caf\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80",
              "\"caf\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80\""},
             {"\xff\xc3(", R"("\ufffd\ufffd(")"},
             {"\xc2\x9b\xe2\x80\xae\xe2\x80\xa8", R"("\u009b\u202e\u2028")"},
             {"\xf3\xa0\x80\x81", R"("\udb40\udc01")"},
         }) {
        CAPTURE(c.json);
        CHECK(common::json_string(c.text) == c.json);
    }
}
