#pragma once

#include "getty/ask_name.hpp"
#include "getty/noise.hpp"
#include "getty/terminal_probe.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace getty {

/// What the process that reads a name is asked: one message, one answer.
struct ReaderRequest {
    enum class Kind : std::uint8_t {
        bytes,        ///< came from the line
        time,         ///< it is as late as the reader wanted to be told
        go_on,        ///< with what it has kept
        begin_probe,  ///< somebody is there: the terminal may be asked for its size
    };
    Kind kind = Kind::bytes;
    bool begins_anew = false;     ///< the question has been asked anew: nothing is typed yet
    bool after_gap = false;       ///< not all that came was sent: what was kept is forgotten
    bool ends_with_name = false;  ///< a name that is said now is taken: nothing more is asked
    std::chrono::steady_clock::time_point now{};
    std::string_view bytes{};

    static constexpr std::size_t most_bytes = 64;
};

/// Stand in what is to be shown, as question_place does, for a terminal's questions.
inline constexpr char size_question_place = '\x11';
inline constexpr char corner_question_place = '\x12';

/// What its confinement lacks, a bit each; for the log.
enum class Lack : std::uint8_t { user = 1, landlock = 2, seccomp = 4 };

struct ReaderReply {
    /// Printable, but for CR, LF, Backspace and the places of questions.
    std::string output{};
    std::string typed{};          ///< as it stands behind the question now: printable
    bool has_typed_text = false;  ///< shown or not
    bool goes_on = false;         ///< it has kept bytes that it has not looked at
    bool has_more = false;        ///< among them more than the other half of a line's end
    SpeedChange speed = SpeedChange::stay;
    Answer answer = StillTyping{};
    std::optional<TerminalSize> size{};
    std::optional<std::chrono::milliseconds> wakes_in{};  ///< 1 ms to 1 s
    std::uint8_t lacks = 0;

    static constexpr std::size_t most_output = 8192;
    static constexpr std::size_t most_typed = 1024;
};

/// No request is longer; a page is not to be touched for more.
inline constexpr std::size_t longest_request = 128;
/// Nor a reply.
inline constexpr std::size_t longest_reply = 10UL * 1024;

[[nodiscard]] std::string packed(const ReaderRequest& request);
/// Nothing for what is none.
[[nodiscard]] std::optional<ReaderRequest> request_in(std::string_view message);

[[nodiscard]] std::string packed(const ReaderReply& reply);
/// What came from the process that reads, which somebody on the line may have taken over:
/// nothing unless each part of it is what such a process could say under these options.
[[nodiscard]] std::optional<ReaderReply> reply_in(std::string_view message, const Options& options);

}  // namespace getty
