#pragma once

#include "common/read_line.hpp"
#include "common/scoped_modes.hpp"
#include "common/signals.hpp"
#include "common/terminal.hpp"
#include "login/conversation.hpp"
#include "login/watchdog.hpp"

#include <optional>
#include <string>

namespace login {

/// The conversation on a real line. From its construction on the kernel echoes
/// nothing, names are echoed by us; at its end the modes that were there come
/// back, after what was typed meanwhile has been dropped.
class TerminalConversation : public Conversation {
  public:
    TerminalConversation(const common::Terminal& terminal, common::SignalQueue& signals);

    Answer ask(std::string_view prompt, common::Echo echo, common::Secret& answer) override;
    void meanwhile(const std::function<void()>& task) override { meanwhile_ = task; }
    void say(std::string_view text) override;
    [[nodiscard]] std::chrono::steady_clock::time_point answered_at() const override {
        return answered_at_;
    }
    [[nodiscard]] std::optional<Answer> ending() const override { return over_; }
    void drop_input() override;
    void allow(std::chrono::seconds time) override;
    void pause_until(std::chrono::steady_clock::time_point end) override;
    [[nodiscard]] bool wait_for(int descriptor, std::chrono::milliseconds patience) override;

    /// Shows what need not be made harmless.
    void show(std::string_view trusted);
    /// Whether this is in anything that was said so far.
    [[nodiscard]] bool has_said_last_login() const { return has_said_last_login_; }
    [[nodiscard]] bool has_said_failures() const { return has_said_failures_; }

    /// Whoever told login to end is heard while something else is waited for.
    void notice_signals();

    /// The modes the line had before we came.
    [[nodiscard]] const termios& modes_found() const { return modes_found_; }
    /// What the line's own erase and kill characters do, they do beside these.
    void use_keys(const common::EditKeys& keys);
    /// What is shown of hidden answers; nothing on a serial line, whatever is
    /// wanted: whoever listens on the cable would see it.
    void use_feedback(common::Feedback feedback);
    /// It is told when a person is waited for, and how long everything may take.
    void use_watchdog(Watchdog& dog) { dog_ = &dog; }
    /// Others' code, modules of PAM's, may leave the line in modes of its own.
    void expect_other_modes() noexcept { expects_other_modes_ = true; }
    /// Gives the line to another program for a while, in these modes.
    void lend(const termios& modes);
    void take_back();
    /// The line belongs to the shell now: nothing is asked, said or restored any
    /// more, whatever a PAM module wants.
    void hand_over();

  private:
    void drop_typed_ahead();
    void hint_at_caps_lock();
    void set_modes(const termios& modes);
    void insist_on_modes();
    void wait_for_second_half(common::LineEditor& editor,
                              std::chrono::steady_clock::time_point shown_at);
    enum class Written {
        all,
        in_part,  ///< the line was too slow, or is stopped
        gone      ///< the line is, or we are to go
    };
    [[nodiscard]] Written write(std::string_view text);
    [[nodiscard]] bool wait_for_room(std::chrono::steady_clock::time_point until) const;
    [[nodiscard]] Answer read_answer(std::string_view prompt, common::LineEditor& editor);
    [[nodiscard]] Answer end_with(Answer ending);
    [[nodiscard]] std::optional<Answer> signal_arrived();
    [[nodiscard]] Answer lost_descriptors();
    [[nodiscard]] bool wait_for_input(std::chrono::milliseconds patience);
    [[nodiscard]] bool wait_until(std::chrono::steady_clock::time_point end, int descriptor);

    const common::Terminal& terminal_;
    common::SignalQueue& signals_;
    std::function<void()> meanwhile_{};
    termios modes_found_;
    /// Whether the line before, which may have been a name that getty read, ended
    /// in CR: gettys set ICRNL by that.
    bool ended_with_return_;
    std::optional<common::ScopedModes> modes_;
    common::EditKeys keys_{};
    common::Feedback feedback_ = common::Feedback::none;
    common::Deadline deadline_ = common::Deadline::max();
    std::chrono::steady_clock::time_point answered_at_{};
    std::optional<Answer> over_{};
    Watchdog* dog_ = nullptr;
    bool handed_over_ = false;
    bool expects_other_modes_ = false;
    bool has_said_last_login_ = false;
    bool has_said_failures_ = false;
    bool caps_lock_is_said_ = false;
    bool is_stuck_ = false;  ///< the last words were not taken: a stopped line
};

}  // namespace login
