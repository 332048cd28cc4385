#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace common {

/// The characters a user may correct a line with.
struct EditKeys {
    char erase = '\x7f';
    char also_erase = '\b';
    char kill = '\x15';             ///< ^U
    char word_erase = '\x17';       ///< ^W
    char interrupt = '\x03';        ///< ^C
    char redraw = '\x0c';           ///< ^L
    char end_of_file = '\x04';      ///< ^D, acts on an empty line only
    std::string_view more_erase{};  ///< further keys for the same, as '#' and '@' of old
    std::string_view more_kill{};
};

enum class Echo { shown, hidden };

/// What is shown of a hidden line while it is typed.
enum class Feedback {
    none,
    dots,    ///< `*` for each character
    random,  ///< one to three, so that counting them does not tell the length
};

/// What a NUL byte, which is how a BREAK reads on a serial line, does.
enum class NulByte {
    breaks,  ///< ends reading: the state becomes line_break
    spoils,  ///< a password with a NUL in it is taken to its end and then refused
};

struct EditRules {
    EditKeys keys{};
    Echo echo = Echo::shown;
    NulByte nul = NulByte::breaks;
    Feedback feedback = Feedback::none;  ///< for Echo::hidden
    std::uint32_t seed = 0;              ///< of Feedback::random, another for each line
};

enum class LineState {
    typing,
    finished,
    too_long,     ///< finished, but it was longer than the storage: nothing is kept
    spoilt,       ///< finished, but with a NUL inside: nothing is kept
    end_of_file,  ///< ^D on an empty line
    interrupted,  ///< ^C; the line is gone
    redraw,       ///< ^L; the line is kept, the caller writes prompt and shown()
    line_break,
};

/// Assembles one line from the bytes a terminal sends, one at a time. It never
/// touches a descriptor and owns no storage: feed() takes a byte, returns the
/// bytes to echo, and state() tells the reader whether to go on. The text goes
/// into the storage of the caller, so that a password is never anywhere else.
///
/// UTF-8 is erased by whole characters, each by the columns it took. Control
/// bytes become part of the line and are shown as ^X. Escape sequences (arrow
/// keys, paste brackets) are dropped.
class LineEditor {
  public:
    explicit LineEditor(std::span<char> storage, EditRules rules = {})
        : storage_(storage), rules_(rules) {}

    [[nodiscard]] std::string feed(char byte);

    /// If a line feed is the very next byte, it is the second half of a CR LF that
    /// ended the line before, and no line.
    void expect_second_half() { second_half_may_come_ = true; }

    [[nodiscard]] LineState state() const { return state_; }
    [[nodiscard]] std::string_view text() const { return {storage_.data(), size_}; }
    /// The line as it stands on the terminal, harmless.
    [[nodiscard]] std::string shown() const;
    [[nodiscard]] bool ended_with_carriage_return() const { return carriage_return_; }
    /// After redraw: go on typing the same line.
    void go_on() { state_ = LineState::typing; }
    /// Starts a new line and wipes the storage.
    void restart();

  private:
    enum class Escape { none, begun, sequence };

    [[nodiscard]] bool skips_escape(char byte);
    std::string edit(char byte);
    std::string insert(char byte);
    std::string finish(char byte);
    std::string erase_last();
    std::string erase_word();
    std::string erase_all();
    [[nodiscard]] std::string echo_of_new();
    [[nodiscard]] std::string form_of(std::size_t start, std::size_t end) const;
    [[nodiscard]] std::size_t width_of(std::size_t start, std::size_t end) const;
    [[nodiscard]] std::size_t marks_at(std::size_t position) const;
    void cut_to(std::size_t size);
    [[nodiscard]] std::size_t start_of_last() const;

    std::span<char> storage_;
    EditRules rules_;
    std::size_t size_ = 0;
    std::size_t echoed_ = 0;   ///< bytes the terminal shows already
    std::size_t missing_ = 0;  ///< bytes still to come of the character being received
    std::size_t beyond_ = 0;   ///< characters typed that the storage could not take
    Escape escape_ = Escape::none;
    LineState state_ = LineState::typing;
    bool spoilt_ = false;
    bool carriage_return_ = false;
    bool second_half_may_come_ = false;
};

}  // namespace common
