#pragma once

#include "common/environment.hpp"
#include "common/user.hpp"
#include "login/faillog.hpp"
#include "login/refusal.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace login {

enum class Outcome {
    admitted,
    refused,           ///< the answer was wrong: another try may be right
    refused_for_good,  ///< another try cannot help
};

/// What a gate says to one try.
struct Verdict {
    Outcome outcome = Outcome::refused;
    std::string reason{};               ///< for the log, never for the person
    std::chrono::microseconds delay{};  ///< a module wants the answer to wait so long
    std::optional<int> pam_status{};    ///< where PAM was asked
    /// When it was found. What is written down of it later takes longer for one name
    /// than for another, and is no part of what an answer may take.
    std::optional<std::chrono::steady_clock::time_point> found{};
};

/// What a person is shown before their shell: motd, last login and such. Hushed by
/// ~/.hushlogin.
enum class Greeting { shown, hushed };

/// *Who may come in.* There are two: Linux-PAM, and crypt(3) against the shadow
/// file. The calls come in the order in which they stand here.
class Gate {
  public:
    Gate() = default;
    Gate(const Gate&) = delete;
    Gate(Gate&&) = delete;
    Gate& operator=(const Gate&) = delete;
    Gate& operator=(Gate&&) = delete;
    virtual ~Gate() = default;

    /// Asks for the proof that this is who they say, once.
    [[nodiscard]] virtual Verdict admits(const std::string& name) = 0;
    /// Somebody with the right to say so has authenticated this person (-f).
    virtual void trust(const std::string& name) = 0;
    /// Aging and access rules; has an expired password changed. Always asked.
    /// Nothing: the account may be used now.
    [[nodiscard]] virtual std::optional<Refusal> require_valid_account() = 0;
    /// The name the gate ended with: a PAM module may map one to another. It no
    /// longer changes after require_valid_account().
    [[nodiscard]] virtual std::string user_name() const = 0;
    /// The entry of that name that was judged, where the gate has looked it up.
    [[nodiscard]] virtual std::optional<common::User> account() const { return std::nullopt; }
    /// The failures under this name before it was admitted, where the gate counts
    /// them itself.
    [[nodiscard]] virtual std::optional<FailureCount> failures_before() const {
        return std::nullopt;
    }
    /// True where nologin, root's lines, motd and lastlog are the gate's affair.
    [[nodiscard]] virtual bool has_rules_of_its_own() const = 0;

    /// Throws std::runtime_error when a step fails; what had been taken before it
    /// is given back by close_session(), which does nothing twice.
    virtual void open_session(Greeting greeting) = 0;
    /// What the session wants in the shell's environment.
    [[nodiscard]] virtual common::Environment environment() = 0;
    /// The shell's process frees what it inherited, without a word.
    virtual void forget_in_child() noexcept = 0;
    virtual void close_session() noexcept = 0;
};

}  // namespace login
