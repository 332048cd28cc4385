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
/// Why a line can be no name.
enum class NameFault { too_long, has_other_characters };

/// What was typed is nowhere: it may have been a password.
struct RefusedName {
    NameFault fault{};
};

/// The same for the person who typed it, to be translated.
[[nodiscard]] const char* text_of(NameFault fault);

using Answer = std::variant<StillTyping, TypedName, SpeedMismatch, NobodyThere, RefusedName>;

/// Stands in what is to be shown for the question, which whoever owns the line draws.
inline constexpr char question_place = '\x05';

/// The answer to the question for a name: what each byte of it does. It owns no
/// line: bytes go in, bytes to show come out.
class NameQuestion {
  public:
    explicit NameQuestion(const Options& options);
    NameQuestion(const NameQuestion&) = delete;
    NameQuestion(NameQuestion&&) = delete;
    NameQuestion& operator=(const NameQuestion&) = delete;
    NameQuestion& operator=(NameQuestion&&) = delete;
    ~NameQuestion() = default;

    /// Starts with an empty line.
    void begin_anew();
    /// Takes one byte; returns what to show for it.
    [[nodiscard]] std::string feed(char byte);
    [[nodiscard]] bool has_typed_text() const { return !editor_.text().empty(); }
    /// The line as it stands on the terminal behind the question.
    [[nodiscard]] std::string shown() const { return editor_.shown(); }
    /// What the bytes so far amount to.
    [[nodiscard]] const Answer& answer() const { return answer_; }

  private:
    std::string on_finished_line();
    void learn_key(char byte);

    static constexpr std::size_t longest_name = 256;

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
