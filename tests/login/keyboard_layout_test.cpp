#include "login/keyboard_layout.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

TEST_CASE("the keyboard's layout is what the machine's files say, made harmless") {
    struct Case {
        std::string_view vconsole;
        std::string_view keyboard;
        std::string_view layout;
    };
    const std::string long_name = "KEYMAP=" + std::string(65, 'x') + "\n";
    for (const Case& c : std::vector<Case>{
             {"", "", ""},
             {"KEYMAP=de-latin1\nFONT=x\n", "", "de-latin1"},
             {"# KEYMAP=us\nKEYMAP=\"fr\"\n", "XKBLAYOUT=\"de\"\n", "fr"},
             {"FONT=x\n", "XKBMODEL=\"pc105\"\nXKBLAYOUT=\"us\"\nXKBVARIANT=\"\"\n", "us"},
             {"KEYMAP=\n", "XKBLAYOUT=us\nXKBVARIANT=intl\n", "us (intl)"},
             {"", "XKBVARIANT=intl\n", ""},
             {"KEYMAP=a\x1b[2Jb\n", "", "a^[[2Jb"},
             {"KEYMAP=\xe2\x80\xae\n", "", "\\xe2\\x80\\xae"},
             {long_name, "", ""},
         }) {
        CAPTURE(c.layout);
        CHECK(login::keyboard_layout(c.vconsole, c.keyboard) == c.layout);
    }
}
