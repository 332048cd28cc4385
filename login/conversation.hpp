#pragma once

#include "common/line_editor.hpp"
#include "common/secret.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>

namespace login {

/// What came of a question.
enum class Answer {
    given,
    too_long,     ///< for what there is room for: a wrong answer
    spoilt,       ///< with a NUL inside: the same
    end_of_file,  ///< ^D instead of an answer: the person leaves
    timed_out,
    hung_up,
    terminated,  ///< SIGTERM: somebody wants this process to end
};

/// True for what was answered, if only to be wrong.
[[nodiscard]] constexpr bool is_answer(Answer answer) {
    return answer == Answer::given || answer == Answer::too_long || answer == Answer::spoilt;
}

/// Talking with the person who wants to come in: the gates ask and say through
/// it, and know nothing of terminals.
class Conversation {
  public:
    Conversation() = default;
    Conversation(const Conversation&) = delete;
    Conversation(Conversation&&) = delete;
    Conversation& operator=(const Conversation&) = delete;
    Conversation& operator=(Conversation&&) = delete;
    virtual ~Conversation() = default;

    /// Asks until there is an outcome. What was typed before a hidden question is
    /// dropped whole, so that no password is ever used in part. `answer` is
    /// empty unless one was given.
    virtual Answer ask(std::string_view prompt, common::Echo echo, common::Secret& answer) = 0;

    /// What can be done while the next question is being answered: done once, as soon
    /// as it stands on the line. Must not throw.
    virtual void meanwhile(const std::function<void()>& task) { task(); }

    /// Shows a text of one or more lines, made harmless.
    virtual void say(std::string_view text) = 0;

    /// When the last hidden answer was complete: what a check takes counts from
    /// there.
    [[nodiscard]] virtual std::chrono::steady_clock::time_point answered_at() const = 0;

    /// Why nobody will answer any more, once that is so; it stays so.
    [[nodiscard]] virtual std::optional<Answer> ending() const = 0;

    /// What was typed and nobody has read is dropped.
    virtual void drop_input() = 0;

    /// Gives the person so long for everything that follows; 0 means for ever.
    virtual void allow(std::chrono::seconds time) = 0;

    /// Nothing happens until then, whether the line lives or not; only SIGTERM
    /// ends it early.
    virtual void pause_until(std::chrono::steady_clock::time_point end) = 0;

    /// The same until there is something to read at a descriptor, but no longer than
    /// so. True if there is.
    [[nodiscard]] virtual bool wait_for(int descriptor, std::chrono::milliseconds patience) = 0;
};

}  // namespace login
