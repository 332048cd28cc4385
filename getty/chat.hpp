#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace getty {

/// What a chat sends: text, and then a pause in which nothing is to happen.
struct ChatPiece {
    std::string text{};
    std::chrono::milliseconds pause{0};

    bool operator==(const ChatPiece&) const = default;
};

/// A talk with a modem, written as words in pairs: what to wait for, what to
/// send then (`"" ATZ\r OK ATS0=0\r OK`). A word `OK-ATZ\r-OK` sends what is
/// between the dashes when the first part has not come in time, and waits for
/// the last. Words may stand in quotes of either kind; after a backslash:
/// `b n r s t` for backspace, LF, CR, blank and tab, `d` for a pause of a second,
/// `p` of a tenth, `c` for nothing, one to three octal digits for a byte, and
/// any other character for itself.
///
/// It owns no line and no clock: bytes go in, pieces to send come out.
class Chat {
  public:
    explicit Chat(std::string_view script);

    /// The next thing to send, when there is one.
    [[nodiscard]] std::optional<ChatPiece> next_piece();
    /// Waits for something: feed() or time_is_up() is next.
    [[nodiscard]] bool is_waiting() const;
    [[nodiscard]] bool has_ended() const;
    /// The other side has not said what it should have.
    [[nodiscard]] bool has_failed() const { return has_failed_; }

    void feed(char byte);
    void time_is_up();

  private:
    struct Expectation {
        std::string text{};
        std::vector<ChatPiece> when_late{};  ///< sent then, before the next alternative
    };
    struct Exchange {
        std::vector<Expectation> alternatives{};
        std::vector<ChatPiece> reply{};
    };

    [[nodiscard]] static std::vector<Expectation> read_expectations(std::string_view word);
    void start_waiting();
    void finish_exchange();

    std::deque<Exchange> exchanges_;
    std::size_t alternative_ = 0;
    std::deque<ChatPiece> to_send_;
    std::string heard_;
    bool has_failed_ = false;
};

}  // namespace getty
