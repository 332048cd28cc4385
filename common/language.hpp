#pragma once

#include "common/language_name.hpp"
#include "common/terminal.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace common {

/// What locale.conf(5) or Debian's /etc/default/locale says that messages are to
/// be in: "" where it says nothing, or what is no language.
[[nodiscard]] std::string language_in(std::string_view text);

/// What the machine's administrator has chosen; "" for no choice.
[[nodiscard]] std::string language_of_machine();

/// From here on translated() speaks this language, if there is a catalogue of it
/// and `shows` says of the letters it needs beyond ASCII, in UTF-8, that they can
/// be shown. "", "C", "POSIX" and whatever cannot be spoken mean English.
void speak(std::string_view language, const std::function<bool(std::string_view letters)>& shows);

/// The same for a line: the language named, else the machine's, if the line shows
/// its letters. Who names one knows the terminal at the other end of a cable; what
/// a virtual terminal can show is known better.
void speak_on(const Terminal& terminal, std::string_view named);

/// Those at one line, of which a process may serve several. While this lives
/// translated() speaks to them: in their language, or, where that is not settled yet,
/// in what `choose` settles it to by one of the two above. Until something is to be
/// said nothing is read and asked, and what `choose` throws comes out of translated().
/// There is one at a time.
class Audience {
  public:
    /// `language` outlives it; nullopt is not settled yet, "" English.
    Audience(std::optional<std::string>& language, std::function<void()> choose);
    Audience(const Audience&) = delete;
    Audience(Audience&&) = delete;
    Audience& operator=(const Audience&) = delete;
    Audience& operator=(Audience&&) = delete;
    ~Audience();

    /// Has the process speak their language.
    void settle();

  private:
    std::optional<std::string>& language_;
    std::function<void()> choose_;
};

/// The message in the language spoken, else as it is. For what a person at the
/// line reads, never for the log: programs read that. What stands for the
/// catalogues' extractor (xgettext --keyword=translated) must be a literal.
[[nodiscard]] const char* translated(const char* message);
/// The same for a message with a number in it: %d is its place.
[[nodiscard]] std::string translated(const char* one, const char* many, unsigned long number);

/// The message with the value in place of its %s.
[[nodiscard]] std::string filled(std::string_view message, std::string_view value);

/// A message that is translated later, where it is shown.
constexpr const char* to_translate(const char* message) {
    return message;
}

}  // namespace common
