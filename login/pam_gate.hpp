#pragma once

#include "login/conversation.hpp"
#include "login/gate.hpp"
#include "login/watchdog.hpp"

#include <optional>
#include <span>
#include <string>

// PAM's own types stay in the one file that includes its headers.
struct pam_handle;
struct pam_message;
struct pam_response;

namespace login {

/// What the stack is told about this login.
struct PamItems {
    std::string service = "login";
    std::string line{};                   ///< full path; "" where there is none
    std::optional<std::string> host{};    ///< verbatim
    std::string name_prompt = "login: ";  ///< for a module that asks for the name itself
    common::Environment environment{};    ///< put into PAM's before anything happens
    bool allow_empty_passwords = false;
    std::chrono::seconds patience{60};  ///< for each conversation after authentication
    Watchdog* watchdog = nullptr;       ///< bounds each call into PAM
};

/// What the conversation callback is given to work with.
struct PamTalk {
    Conversation& conversation;
    /// An answer could not be used: the try has failed, whatever PAM calls it.
    bool unusable_answer = false;
    /// The modules have said why themselves.
    bool said_something = false;
    /// How long libpam would have slept after a failure (PAM_FAIL_DELAY).
    std::chrono::microseconds wanted_delay{};
};

/// Linux-PAM behind the gate. Every step taken is undone in reverse, here or in
/// the destructor, on every way out.
class PamGate : public Gate {
  public:
    /// `configuration` is a folder of service files instead of the system's, for
    /// tests: no option and no variable leads there.
    PamGate(Conversation& conversation,
            PamItems items,
            const std::optional<std::string>& configuration = std::nullopt);
    PamGate(const PamGate&) = delete;
    PamGate(PamGate&&) = delete;
    PamGate& operator=(const PamGate&) = delete;
    PamGate& operator=(PamGate&&) = delete;
    ~PamGate() override;

    [[nodiscard]] Verdict admits(const std::string& name) override;
    void trust(const std::string& name) override;
    [[nodiscard]] std::optional<Refusal> require_valid_account() override;
    [[nodiscard]] std::string user_name() const override { return user_; }
    [[nodiscard]] bool has_rules_of_its_own() const override { return true; }
    void open_session(Greeting greeting) override;
    [[nodiscard]] common::Environment environment() override;
    void forget_in_child() noexcept override;
    void close_session() noexcept override;

  private:
    void begin(Work work) const;
    void begin_last(Work work) noexcept;
    void undo() noexcept;
    void set_item(int item, const void* value, const char* what);
    void set_user(const char* name);
    [[nodiscard]] std::string current_user() const;
    [[nodiscard]] int change_expired_password();
    [[nodiscard]] std::string reason(int code) const;
    void require(int code, const char* step);
    void require_same_user() const;

    PamTalk talk_;
    PamItems items_;
    pam_handle* handle_ = nullptr;
    int flags_ = 0;
    int last_code_ = 0;
    std::string user_{};
    bool established_ = false;
    bool opened_ = false;
};

/// True when libpam would find this service: by a file of its name, or a line
/// in pam.conf where there are no such files. `other` is never good enough.
[[nodiscard]] bool pam_service_exists(const std::string& service);

/// True when a line of pam.conf is about the service.
[[nodiscard]] bool pam_conf_lists(std::string_view text, std::string_view service);

}  // namespace login

/// The conversation callback: a wall between PAM's C and our C++, which throws
/// nothing and hands out memory that C can free. `data` is a login::PamTalk.
extern "C" int ttygate_pam_conversation(int count,
                                        const pam_message** messages,
                                        pam_response** responses,
                                        void* data) noexcept;
