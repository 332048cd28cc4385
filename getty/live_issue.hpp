#pragma once

#include "getty/issue_facts.hpp"
#include "getty/issue_watch.hpp"
#include "getty/options.hpp"

#include <chrono>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>

namespace getty {

/// The issue as it is on a line's screen, and a word when it is no longer true.
/// Only a hash of what is shown is kept.
class LiveIssue {
  public:
    /// No oftener than this is an issue shown again.
    static constexpr std::chrono::seconds shortest_time{1};
    /// Who writes a file writes it in parts.
    static constexpr std::chrono::milliseconds settling_time{100};

    /// The issue as it is now, to be shown; "" with --noissue. Not yet watched.
    [[nodiscard]] std::string draw(const Options& options, const LineFacts& line);

    /// Reads everything again, and watches it from here on. The issue to show if it, or
    /// the host name of the prompt, is not what is shown; time and number of users count only if
    /// --reload asked.
    [[nodiscard]] std::optional<std::string> look_again(const Options& options,
                                                        const LineFacts& line);

    /// uname(2)'s node name as it was at the last look, "" with --nohostname.
    [[nodiscard]] const std::string& host_name() const { return host_name_; }
    /// Readable when look_again() is worth its while; -1: nothing is watched.
    [[nodiscard]] int descriptor() const { return watch_ ? watch_->descriptor() : -1; }
    /// Closes all that is open.
    void stop() { watch_.reset(); }

  private:
    struct Look {
        std::string text{};
        IssueSources sources{};
        std::uint64_t whole = 0;
        std::uint64_t lasting = 0;
    };

    [[nodiscard]] Look look(const Options& options, const LineFacts& line);
    void keep(const Look& look);

    std::string host_name_{};
    /// Of the last look, until that is watched.
    IssueSources sources_{};
    std::shared_ptr<IssueWatch> watch_{};
    std::uint64_t whole_hash_ = 0;
    std::uint64_t lasting_hash_ = 0;
    timespec drawn_{};
    /// When --reload last asked; not known before the first look again.
    std::optional<timespec> reload_{};
};

}  // namespace getty
