#pragma once

#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace common {

/// syslog(3)'s levels. We use four, modules may use any.
enum class Severity {
    emergency = 0,
    alert = 1,
    critical = 2,
    error = 3,
    warning = 4,
    notice = 5,
    info = 6,
    debug = 7
};

/// Names this program in every line that follows. `program` must outlive the
/// process's last log line (a literal): the name never comes from argv.
void log_as(const char* program) noexcept;

/// What a journal keeps beside the text, by a name in capitals.
struct LogField {
    std::string_view name{};
    std::string_view value{};  ///< made harmless on the way; empty: left out
};

/// One event, one line, one datagram, facility authpriv: to journald by its native
/// protocol with the fields, where it is there (a line is never in both), else, of
/// less than 1,024 bytes and without them, to /dev/log. The text is made harmless
/// on the way (safe_text); values that came from outside are passed through
/// quoted() by the caller. It never fails: a log that is not there costs the line. One
/// that is full has a quarter of a second, once until it takes lines again, to take it.
void log(Severity severity, std::string_view text, std::span<const LogField> fields = {}) noexcept;

/// The datagram that journald takes: systemd.journal-fields(7), one NAME=VALUE a row.
[[nodiscard]] std::string journal_entry(Severity severity,
                                        std::string_view text,
                                        std::span<const LogField> fields);

/// As long as it lives, what is logged comes here and goes nowhere else: for a
/// program that only looks. There is one at a time.
class DivertedLog {
  public:
    DivertedLog() noexcept;
    DivertedLog(const DivertedLog&) = delete;
    DivertedLog(DivertedLog&&) = delete;
    DivertedLog& operator=(const DivertedLog&) = delete;
    DivertedLog& operator=(DivertedLog&&) = delete;
    ~DivertedLog();

    /// Each made harmless, without priority and name.
    [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }

  private:
    friend void log(Severity severity,
                    std::string_view text,
                    std::span<const LogField> fields) noexcept;

    std::vector<std::string> lines_;
};

/// The text of an errno value, without locale or allocation in the C library.
[[nodiscard]] std::string error_text(int error_number);

/// One line for whoever has no memory left for another: `text` is a literal of ours.
void log_without_memory(Severity severity, std::string_view text) noexcept;

/// "ATTEMPT: REASON".
void log_failure(std::string_view attempt, std::string_view reason) noexcept;

/// Runs what may fail without ending the login (a record, the tty's mode on a
/// read-only /dev): a failure is logged as "ATTEMPT: reason" and we go on.
/// Returns whether it worked.
template <typename Action>
bool tolerate(std::string_view attempt, Action action) noexcept {
    try {
        action();
        return true;
    } catch (const std::exception& problem) {
        log_failure(attempt, problem.what());
    } catch (...) {
        log(Severity::warning, attempt);
    }
    return false;
}

}  // namespace common
