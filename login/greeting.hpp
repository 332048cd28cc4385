#pragma once

#include "login/home_view.hpp"

#include <cstddef>
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
    /// Attempts under this name that failed since the last login.
    struct Failures {
        std::size_t count = 0;
        bool all_counted = true;  ///< else there are more
        LastTime last{};
    };
    struct Message {
        std::string text{};
        /// Root's file, which nobody else can write: it may act on the terminal.
        bool trusted = false;
    };

    std::optional<LastTime> last_login{};
    Failures failures{};
    std::vector<Message> messages_of_the_day{};
    Mailbox mailbox = Mailbox::empty;
    std::optional<std::string> nologin{};  ///< for root, who gets in all the same
    bool quiet = false;                    ///< hushlogin
};

/// The greeting as it is shown, "" for none: all that is not trusted has been
/// made harmless. With hushlogin only a nologin notice is left.
[[nodiscard]] std::string greeting(const GreetingFacts& facts);

/// True when the text of an absolute HUSHLOGIN_FILE asks for a quiet login: it
/// lists names and shells, and an empty one is for everybody.
[[nodiscard]] bool is_hushed_by(const std::string& list,
                                const std::string& name,
                                const std::string& shell);

}  // namespace login
