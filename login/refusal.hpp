#pragma once

#include <optional>
#include <string>

namespace login {

/// Why somebody who is who they say does not get in all the same.
struct Refusal {
    std::string words{};              ///< for the person; "" where they have been told already
    std::string reason{};             ///< for the log
    std::optional<int> pam_status{};  ///< where PAM was asked

    bool operator==(const Refusal&) const = default;
};

/// Four hexadecimal digits by which a person's words find their line in the log.
[[nodiscard]] std::string new_reference();

/// What the person is shown: the words, if there are any left to say, and a last
/// line with the reference, which is in the log beside the reason.
[[nodiscard]] std::string refusal_text(const Refusal& refusal, const std::string& reference);

/// For a session that could not be begun after all.
[[nodiscard]] Refusal refusal_by_failure(const std::string& problem);

}  // namespace login
