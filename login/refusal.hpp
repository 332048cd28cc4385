#pragma once

#include <string>

namespace login {

/// Why somebody who is who they say does not get in all the same.
struct Refusal {
    std::string words{};   ///< for the person; "" where they have been told already
    std::string reason{};  ///< for the log

    bool operator==(const Refusal&) const = default;
};

}  // namespace login
