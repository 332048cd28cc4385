#pragma once

#include "common/user.hpp"
#include "login/aging.hpp"
#include "login/conversation.hpp"
#include "login/gate.hpp"
#include "login/settings.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace login {

/// What the shadow file says about an account.
struct ShadowEntry {
    std::string hash{};  ///< the password field as it stands
    AgingPolicy aging{};
};

/// Our own count of failures (faillog(5)); what is not set does not count.
struct FailureCounter {
    std::function<bool(const common::User&)> locks_out{};
    std::function<void(const common::User&)> note_failure{};
    /// Gives back what was counted until then.
    std::function<std::optional<FailureCount>(const common::User&)> note_success{};
};

/// Slow machines need a second for what a fast one needs a few milliseconds for.
constexpr std::chrono::seconds longest_hashing{15};

/// Where accounts come from; tests bring their own.
struct AccountSource {
    std::function<std::optional<common::User>(const std::string&)> user;
    std::function<std::optional<ShadowEntry>(const std::string&)> shadow;
    std::function<std::chrono::sys_days()> today;
    /// Has the person change the password; true if it was changed.
    std::function<bool(const common::User&)> change_password;
    FailureCounter failures{};
    /// How long a password may be hashed: a cost that an entry names can be for
    /// ever.
    std::chrono::milliseconds hashing_patience = longest_hashing;
};

/// True for a password field that crypt(3) may be asked about at all: not locked,
/// not "look elsewhere", nothing that only looks like an error of crypt's.
[[nodiscard]] bool can_be_compared(std::string_view field);

class PasswordChecker;
enum class Comparison;

/// crypt(3) against the shadow file. What an attempt costs and what it says do
/// not depend on whether the account exists, is locked or has a broken entry.
class ShadowGate : public Gate {
  public:
    ShadowGate(Conversation& conversation, EmptyPasswords empty_passwords, AccountSource accounts);
    ShadowGate(const ShadowGate&) = delete;
    ShadowGate(ShadowGate&&) = delete;
    ShadowGate& operator=(const ShadowGate&) = delete;
    ShadowGate& operator=(ShadowGate&&) = delete;
    ~ShadowGate() override;

    [[nodiscard]] Verdict admits(const std::string& name) override;
    void trust(const std::string& name) override { user_ = name; }
    [[nodiscard]] std::optional<common::User> account() const override { return account_; }
    [[nodiscard]] std::optional<Refusal> require_valid_account() override;
    [[nodiscard]] std::string user_name() const override { return user_; }
    [[nodiscard]] std::optional<FailureCount> failures_before() const override {
        return failures_before_;
    }
    [[nodiscard]] bool has_rules_of_its_own() const override { return false; }
    void open_session(Greeting greeting) override;
    [[nodiscard]] common::Environment environment() override { return {}; }
    void forget_in_child() noexcept override {}
    void close_session() noexcept override {}

  private:
    [[nodiscard]] std::string judge(const std::optional<common::User>& user,
                                    std::optional<ShadowEntry>& entry,
                                    const common::Secret& password);
    [[nodiscard]] std::string check(const common::User& user,
                                    const std::string& field,
                                    const common::Secret& password);
    [[nodiscard]] Comparison compare(const common::Secret& password, const std::string& field);
    [[nodiscard]] bool is_locked_out(const common::User& user) const;
    void count(const common::User& user, Outcome outcome);
    [[nodiscard]] bool allows_empty_password(const common::User& user) const;
    [[nodiscard]] std::optional<Refusal> change_expired_password(const common::User& user);

    Conversation& conversation_;
    EmptyPasswords empty_passwords_;
    AccountSource accounts_;
    std::string user_{};
    std::optional<common::User> account_{};  ///< whom user_ is the name of
    std::optional<AgingPolicy> aging_{};     ///< of the entry that admitted them
    std::optional<FailureCount> failures_before_{};
    std::unique_ptr<PasswordChecker> checker_;
};

/// getspnam_r(3). Throws std::system_error where the shadow file is missing or
/// cannot be read.
[[nodiscard]] std::optional<ShadowEntry> find_shadow_entry(const std::string& name);

/// Throws std::system_error unless there is a shadow file to judge by.
void require_shadow_file();

/// The system's accounts.
[[nodiscard]] AccountSource system_accounts(
    std::function<bool(const common::User&)> change_password,
    FailureCounter failures,
    std::chrono::milliseconds hashing_patience);

}  // namespace login
