#pragma once

#include <cstddef>
#include <string>

namespace getty {

/// The question for a name as it stands on the line, with what has been typed behind
/// it: what to write to draw it, and to draw it again.
class Question {
  public:
    explicit Question(std::string prompt) : prompt_(std::move(prompt)) {}
    Question(const Question&) = delete;
    Question(Question&&) = default;
    Question& operator=(const Question&) = delete;
    Question& operator=(Question&&) = default;
    ~Question() { forget_typed(); }

    /// Nothing has been typed; returns the question.
    [[nodiscard]] std::string ask();
    [[nodiscard]] std::string text() const { return hint_ + prompt_; }
    /// What stands above the prompt whenever it is shown: whole lines, or "".
    void set_hint(std::string hint) { hint_ = std::move(hint); }
    /// What stands behind the prompt now, harmless.
    void set_typed(const std::string& shown);
    /// Puts the question with another hint in the place of the one that is shown.
    /// Only for a terminal that knows a VT100's sequences; `columns` wide, 0 if that is
    /// not known.
    [[nodiscard]] std::string change_hint(std::string hint, std::size_t columns);
    /// The prompt, from now on this one, and what has been typed: for a screen
    /// that shows something else in between.
    [[nodiscard]] std::string show_again(std::string prompt);

  private:
    void forget_typed() noexcept;

    std::string prompt_;
    std::string hint_{};
    std::string typed_{};
};

}  // namespace getty
