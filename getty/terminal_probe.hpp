#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace getty {

struct TerminalSize {
    unsigned short rows = 0;
    unsigned short columns = 0;

    friend bool operator==(const TerminalSize&, const TerminalSize&) = default;
};

/// Asks a terminal for its size, and keeps what it answers out of the name.
///
/// Owns no line: bytes go in with their time, out come questions for the
/// terminal and the keys that somebody typed, in order. First `CSI 18 t` (xterm:
/// size of the text area) is asked, then for the cursor's place after moving it
/// as far as it goes (`CSI 6 n`, ECMA-48). For a second after the
/// last question no byte of an escape sequence is a key: answers may come late, twice,
/// in parts, or be rubbish. Return is held back while an answer may still come,
/// or it would reach the program that reads next.
///
/// The type of the terminal is not asked for: DA (`CSI c`) names families that nobody
/// keeps to, XTGETTCAP few terminals know, and a wrong TERM harms more than a dull one.
class TerminalProbe {
  public:
    using Clock = std::chrono::steady_clock;

    static constexpr std::chrono::milliseconds patience{100};  ///< with each question
    static constexpr std::chrono::seconds wait_for_late{1};

    static constexpr std::string_view ask_for_size = "\x1b[18t";
    /// Place kept, no margins, far beyond any corner, asked, and back: in one write
    /// nothing that is typed shows up anywhere else.
    static constexpr std::string_view ask_for_corner =
        "\x1b"
        "7\x1b[r\x1b[999;999H\x1b[6n\x1b"
        "8";

    struct Step {
        std::string question{};              ///< for the terminal: one of these, or ""
        std::string keys{};                  ///< typed
        std::optional<TerminalSize> size{};  ///< answered, and sane: 1 to 1000 each way
    };

    /// Somebody is there: the first question. Once; later calls do nothing.
    [[nodiscard]] Step start(Clock::time_point now);
    /// A byte from the line; the first one starts.
    [[nodiscard]] Step feed(char byte, Clock::time_point now);
    /// The time has come that wakes_at() told.
    [[nodiscard]] Step on_time(Clock::time_point now);
    [[nodiscard]] std::optional<Clock::time_point> wakes_at() const { return wakes_at_; }

  private:
    enum class Asked { nothing, size, cursor };
    enum class Part { none, escape, single, csi, string, string_escape };

    [[nodiscard]] bool belongs_to_sequence(char byte, Clock::time_point now);
    void begin_sequence(char byte);
    [[nodiscard]] bool goes_on_after_escape(char byte);
    [[nodiscard]] bool goes_on_in_string(char byte, bool is_late);
    [[nodiscard]] bool goes_on_in_csi(char byte, bool is_late);
    void take_answer(char final_byte);
    void ask(Asked what, Clock::time_point now);
    void add_key(char byte);
    void settle();

    Asked asked_ = Asked::nothing;
    bool settled_ = false;  ///< answered, or nothing is expected any more
    bool has_size_ = false;
    std::string held_{};  ///< Return and what follows it
    Part part_ = Part::none;
    std::string sequence_{};   ///< what is between CSI and its last byte, so much as counts
    std::size_t missing_ = 0;  ///< bytes to come of a UTF-8 character that is being typed
    Clock::time_point last_byte_{};
    Clock::time_point window_ends_{};
    std::optional<Clock::time_point> wakes_at_{};
    Step step_{};
};

}  // namespace getty
