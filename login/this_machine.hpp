#pragma once

#include "common/environment.hpp"
#include "common/signals.hpp"
#include "login/admission_facts.hpp"
#include "login/greeting_facts.hpp"
#include "login/line.hpp"
#include "login/login_event.hpp"
#include "login/options.hpp"
#include "login/session.hpp"
#include "login/settings.hpp"
#include "login/strays.hpp"
#include "login/terminal_conversation.hpp"
#include "login/watchdog.hpp"

#include <optional>
#include <string>
#include <vector>

#include <utmpx.h>

namespace login {

/// What a login knows once somebody may come in.
struct LoginContext {
    const common::Terminal& terminal;
    common::SignalQueue& signals;
    TerminalConversation& talk;
    Watchdog& watchdog;
    const Line& line;
    const Options& options;
    const Settings& settings;
    const Gate& gate;
    const Admission& admission;
    /// What we were started with; -p lets some of it through.
    const common::Environment& inherited;
};

/// The machine that this login runs on.
class ThisMachine : public Machine {
  public:
    explicit ThisMachine(const LoginContext& context) : context_(context) {}

    void set_defaults() override;
    void take_groups(const common::User& user) override;
    void give_groups_back() noexcept override;
    [[nodiscard]] Greeting greeting_for(const common::User& user) override;
    void lend_terminal(const common::User& user) override;
    void take_terminal_back() noexcept override;
    void greet(const common::User& user) override;
    [[nodiscard]] pid_t hold_shell(const common::User& user, Gate& gate) override;
    void drop_shell() noexcept override;
    void record_login(const common::User& user, pid_t session) override;
    void record_logout() noexcept override;
    [[nodiscard]] pid_t lead_session() override;
    void become_shell(const common::User& user, Gate& gate) override;
    [[nodiscard]] int release_shell_and_wait() override;

  private:
    [[nodiscard]] bool is_guest() const {
        return context_.line.session_owner == SessionOwner::caller;
    }
    void require_nobody_ends_us() const;
    [[nodiscard]] UserLimits limits_for_session() const;
    void begin_strays(const common::User& user, Gate& gate, UserLimits& limits);
    [[nodiscard]] LoginEvent event_of(const common::User& user, LoginEvent::Result result) const;
    [[nodiscard]] bool home_answers(const common::User& user) const;
    [[nodiscard]] ShellPlan plan_for(const common::User& user, Gate& gate) const;

    LoginContext context_;
    Before before_{};
    std::string logind_session_{};
    bool is_noted_by_gate_ = false;  ///< lastlog(8) has this login already
    std::vector<gid_t> groups_before_{};
    std::optional<common::Ownership> terminal_before_{};  ///< where a caller lends it
    std::string group_file_{};                            ///< its text, until it has been used
    gid_t group_after_ = 0;                               ///< of a line that nobody is on
    std::optional<utmpx> record_before_{};                ///< of the caller
    std::optional<ShellPlan> plan_{};
    std::optional<ShellProcess> shell_{};
    std::optional<Strays> strays_{};
};

}  // namespace login
