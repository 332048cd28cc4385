#pragma once

#include <optional>
#include <string>
#include <vector>

namespace login {

/// What may be said to a person who has just logged in.
struct GreetingFacts {
    struct LastTime {
        std::string when{};
        std::string line{};
        std::string host{};
    };

    std::optional<LastTime> last_login{};
    std::vector<std::string> messages_of_the_day{};
    std::optional<std::string> nologin{};  ///< for root, who gets in all the same
    bool quiet = false;                    ///< hushlogin
};

/// The greeting as it is shown, "" for none. With hushlogin only a nologin
/// notice is left.
[[nodiscard]] std::string greeting(const GreetingFacts& facts);

/// True when the text of an absolute HUSHLOGIN_FILE asks for a quiet login: it
/// lists names and shells, and an empty one is for everybody.
[[nodiscard]] bool is_hushed_by(const std::string& list,
                                const std::string& name,
                                const std::string& shell);

}  // namespace login
