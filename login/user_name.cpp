#include "login/user_name.hpp"

#include "common/utf8.hpp"

namespace login {

bool is_possible_user_name(std::string_view name) {
    constexpr std::string_view forbidden = "=,\"'`/: ";
    if (name.empty() || name.size() > longest_user_name || name.starts_with('-')) {
        return false;
    }
    while (!name.empty()) {
        const common::Decoded decoded = common::decode_utf8(name);
        const bool control = decoded.code < 0x20 || decoded.code == 0x7F;
        if (!decoded.valid || control || common::is_hidden_control(decoded.code) ||
            forbidden.find(name.front()) != std::string_view::npos) {
            return false;
        }
        name.remove_prefix(decoded.length);
    }
    return true;
}

}  // namespace login
