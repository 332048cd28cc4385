#pragma once

#include "getty/ask_name.hpp"
#include "getty/noise.hpp"
#include "getty/parity.hpp"
#include "getty/reader_messages.hpp"
#include "getty/terminal_probe.hpp"

#include <optional>
#include <string>

namespace getty {

enum class Probing { wanted, not_wanted };

/// Everything that looks at what comes from a line while a name is asked for: marks of
/// the driver, parity, a terminal's answers, keys. Requests go in, replies come out; it
/// knows no line, no clock and no question's text.
class NameReader {
  public:
    /// `ends` has seen what came before.
    NameReader(const Options& options, Probing probing, const LineEnds& ends);

    /// Of the bytes of a request at most the last may be one that ends_batch().
    [[nodiscard]] ReaderReply take(const ReaderRequest& request);

  private:
    using Time = std::chrono::steady_clock::time_point;

    void on_byte(char byte, Time now);
    void on_received(char byte, Time now);
    void on_step(const TerminalProbe::Step& step);
    void read_kept();
    void on_answer(const Answer& answer);

    bool detects_parity_;
    NameQuestion question_;
    MarkReader marks_{};
    NoiseJudge judge_;
    LineEnds ends_;
    ParityJudge parity_{};
    std::optional<TerminalProbe> probe_{};
    std::string kept_{};  ///< keys that nobody has looked at
    ReaderReply reply_{};
};

/// Whether a name may end with this byte, whatever the line does to it: what comes after it
/// is left in the line until the reader has said so. Every control is such a byte.
[[nodiscard]] bool ends_batch(char byte);

}  // namespace getty
