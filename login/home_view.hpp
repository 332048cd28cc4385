#pragma once

#include "common/user.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace login {

enum class Mailbox { empty, read, unread };

/// What a person's own side of the machine is like.
struct HomeView {
    /// Whether the home said yes or no in time. One that does not (a network or
    /// FUSE file system nobody serves) must not be entered: who tries never
    /// comes back.
    bool answers = true;
    bool can_be_entered = false;
    bool hushed = false;
    Mailbox mailbox = Mailbox::empty;
};

/// Where to look.
struct HomeQuestions {
    std::string hush_file{};  ///< below the home; "" for none
    std::string mailbox{};    ///< file or maildir(5); "" for none
};

/// Looks as the user, in a process of its own that has so long, or at once where nothing
/// can hang: nothing in a home is for root to touch, nothing in it is opened, and what
/// hangs there holds nobody.
[[nodiscard]] HomeView look_at_home(const common::User& user,
                                    const HomeQuestions& questions,
                                    std::chrono::milliseconds patience = std::chrono::milliseconds{
                                        500});

}  // namespace login
