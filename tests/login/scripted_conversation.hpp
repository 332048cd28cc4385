#pragma once

#include "login/conversation.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>

namespace tests {

/// A person who answers what the script says, and remembers what was said. When
/// the script is over they leave by ^D.
class ScriptedConversation : public login::Conversation {
  public:
    ScriptedConversation() = default;
    explicit ScriptedConversation(std::deque<std::string> answers) : answers_(std::move(answers)) {}

    /// The next question has this outcome instead of an answer.
    void ends_with(login::Answer ending) { ending_ = ending; }
    /// The next answer cannot be used.
    void spoils_the_next(login::Answer outcome) { spoiling_ = outcome; }

    login::Answer ask(std::string_view prompt, common::Echo echo, common::Secret& answer) override {
        transcript.emplace_back((echo == common::Echo::hidden ? "hidden? " : "shown? ") +
                                std::string{prompt});
        if (echo == common::Echo::hidden && !answers_.empty()) {
            answered_at_ = std::chrono::steady_clock::now();
        }
        if (spoiling_ != login::Answer::given) {
            return std::exchange(spoiling_, login::Answer::given);
        }
        if (answers_.empty()) {
            over_ = ending_;
            return ending_;
        }
        answers_.front().copy(answer.storage().data(), answer.storage().size());
        answer.set_size(answers_.front().size());
        answers_.pop_front();
        return login::Answer::given;
    }
    void say(std::string_view text) override { transcript.emplace_back(text); }
    [[nodiscard]] std::chrono::steady_clock::time_point answered_at() const override {
        return answered_at_;
    }
    [[nodiscard]] std::optional<login::Answer> ending() const override { return over_; }
    void drop_input() override { transcript.emplace_back("(drops input)"); }
    void allow(std::chrono::seconds time) override { allowed.push_back(time); }
    /// Time passes at once.
    void pause_until(std::chrono::steady_clock::time_point end) override {
        if (at_pause) {
            at_pause();
        }
        pauses.push_back(end - std::chrono::steady_clock::now());
    }
    /// Does not.
    [[nodiscard]] bool wait_for(int descriptor, std::chrono::milliseconds patience) override {
        pollfd source{.fd = descriptor, .events = POLLIN, .revents = 0};
        return ::poll(&source, 1, static_cast<int>(patience.count())) == 1;
    }

    std::vector<std::string> transcript{};
    std::vector<std::chrono::seconds> allowed{};
    std::vector<std::chrono::steady_clock::duration> pauses{};
    std::function<void()> at_pause{};  ///< before each

  private:
    std::deque<std::string> answers_{};
    std::chrono::steady_clock::time_point answered_at_{};
    login::Answer ending_ = login::Answer::end_of_file;
    login::Answer spoiling_ = login::Answer::given;
    std::optional<login::Answer> over_{};
};

}  // namespace tests
