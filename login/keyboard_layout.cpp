#include "login/keyboard_layout.hpp"

#include "common/assigned_value.hpp"
#include "common/safe_text.hpp"
#include "common/text_file.hpp"

namespace login {

std::string keyboard_layout(std::string_view vconsole_conf, std::string_view default_keyboard) {
    constexpr std::size_t longest = 64;
    std::string layout = common::assigned_value(vconsole_conf, "KEYMAP");
    if (layout.empty()) {
        layout = common::assigned_value(default_keyboard, "XKBLAYOUT");
        const std::string variant = common::assigned_value(default_keyboard, "XKBVARIANT");
        if (!layout.empty() && !variant.empty()) {
            layout += " (" + variant + ")";
        }
    }
    return layout.size() > longest ? std::string{} : common::safe_text(layout);
}

std::string keyboard_layout_here() {
    return keyboard_layout(common::read_text_file("/etc/vconsole.conf").value_or(""),
                           common::read_text_file("/etc/default/keyboard").value_or(""));
}

}  // namespace login
