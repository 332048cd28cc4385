#pragma once

#include "common/line_editor.hpp"
#include "getty/line_modes.hpp"
#include "getty/options.hpp"

#include <array>
#include <string>
#include <string_view>
#include <variant>

namespace getty {

struct StillTyping {};
struct TypedName {
    std::string name;
    NameTyping typing{};
};
/// A BREAK: the other side may be at another speed.
struct SpeedMismatch {};
/// ^D instead of a name.
struct NobodyThere {};
/// A line that can be no name; `why` is for the person who typed it. What was
/// typed is nowhere: it may have been a password.
struct RefusedName {
    const char* why = "";  ///< to be translated
};

using Answer = std::variant<StillTyping, TypedName, SpeedMismatch, NobodyThere, RefusedName>;

/// The question for a name: what to show, and what each byte of the answer
/// does. It owns no line: bytes go in, bytes to show come out.
class NameQuestion {
  public:
    NameQuestion(std::string prompt, const Options& options);
    NameQuestion(const NameQuestion&) = delete;
    NameQuestion(NameQuestion&&) = delete;
    NameQuestion& operator=(const NameQuestion&) = delete;
    NameQuestion& operator=(NameQuestion&&) = delete;
    ~NameQuestion() = default;

    /// Starts with an empty line; returns the prompt.
    [[nodiscard]] std::string ask();
    /// What stands above the prompt whenever it is shown: whole lines, or "".
    void set_hint(std::string hint) { hint_ = std::move(hint); }
    /// The same, in the middle of an answer: returns what puts the question with
    /// the new hint in the place of the one that is shown, and keeps what was
    /// typed. Only for a terminal that knows a VT100's sequences; `columns` wide,
    /// 0 if that is not known.
    [[nodiscard]] std::string change_hint(std::string hint, std::size_t columns);
    /// The prompt, from now on this one, and what has been typed: for a screen
    /// that shows something else in between.
    [[nodiscard]] std::string show_again(std::string prompt);
    /// Takes one byte; returns what to show for it.
    [[nodiscard]] std::string feed(char byte);
    [[nodiscard]] bool has_typed_text() const { return !editor_.text().empty(); }
    /// What the bytes so far amount to.
    [[nodiscard]] const Answer& answer() const { return answer_; }

  private:
    std::string on_finished_line();
    [[nodiscard]] std::string question() const { return hint_ + prompt_; }
    void learn_key(char byte);

    static constexpr std::size_t longest_name = 256;

    std::string prompt_;
    std::string hint_;
    bool detects_case_;
    std::string more_erase_;
    std::string more_kill_;
    EditingKeys keys_{};
    std::array<char, longest_name> storage_{};
    common::LineEditor editor_;
    Answer answer_ = StillTyping{};
};

/// `box login: `, without the host under --nohostname, whole under
/// --long-hostname.
[[nodiscard]] std::string name_prompt(const Options& options, std::string_view host);

}  // namespace getty
