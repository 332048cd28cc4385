#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <sys/types.h>
#include <utmpx.h>

namespace common {

using RecordTime = std::chrono::sys_time<std::chrono::microseconds>;

/// What a record says, in our own types; the utmpx layout stays below.
struct LineUse {
    std::string_view line{};  ///< without "/dev/"
    std::string_view user{};
    std::string_view host{};
    /// ut_id where init chose one; empty: made from the line.
    std::string_view id{};
    pid_t process = 0;  ///< the process init knows the line by: getty, then login
    pid_t session = 0;  ///< the session on the line: getty's own, then the shell's
    RecordTime when{};
};

/// The records of utmp(5), (in order) for a getty at its prompt, a person logged
/// in, and the end of either. A text longer than its field is cut; a full
/// field carries no NUL.
[[nodiscard]] utmpx waiting_record(const LineUse& use);
[[nodiscard]] utmpx login_record(const LineUse& use);
[[nodiscard]] utmpx logout_record(const LineUse& use);

/// A field of a record, which need not be terminated.
template <std::size_t Size>
[[nodiscard]] std::string_view text_of(const char (&field)[Size]) {
    const std::string_view whole{field, Size};
    return whole.substr(0, whole.find('\0'));
}

/// Where a record goes among those that are there.
struct Slot {
    std::size_t index = 0;  ///< the number of records: append
    std::string id{};       ///< ut_id to write there, four bytes or fewer
};

/// One slot for each line. First the one this process has already (init made it,
/// or getty, and its ut_id stays); then the one of the line; then one of the
/// same id that is dead or has no line yet. The last four characters of
/// ttyS1000 and pts/1000 are the same: a live record of another line is left
/// alone, and the newcomer gets a printable id made from its whole name.
[[nodiscard]] Slot choose_slot(std::span<const utmpx> records, const utmpx& wanted);

/// The record that this process (an init's child) already has, if any.
[[nodiscard]] std::optional<utmpx> record_of(std::span<const utmpx> records, pid_t process);

}  // namespace common
