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

/// Seconds are 32 bits without a sign, as in glibc since 2.40: good until 2106.
[[nodiscard]] RecordTime time_of(const utmpx& record);

/// Whether the record of this number lies in two pages of its file. A process
/// that is killed while it writes one leaves half of it behind: the kernel looks
/// for SIGKILL between two pages. Two of 32 would.
[[nodiscard]] constexpr bool lies_across_pages(std::size_t index) {
    constexpr std::size_t smallest_page = 4096;
    const std::size_t begin = index * sizeof(utmpx);
    return begin / smallest_page != (begin + sizeof(utmpx) - 1) / smallest_page;
}

/// The number of the first record that may follow `count` others. What is left
/// out reads as zeros, an EMPTY record to all programs.
[[nodiscard]] constexpr std::size_t next_index(std::size_t count) {
    return lies_across_pages(count) ? count + 1 : count;
}

/// Where a record goes among those that are there.
struct Slot {
    std::size_t index = 0;  ///< the number of records, or one more: append
    std::string id{};       ///< ut_id to write there, four bytes or fewer
    /// Where another program has put the line's record across two pages: to be
    /// emptied once the new one is written.
    std::optional<std::size_t> left{};
};

/// One slot for each line. First the one this process has already (init made it,
/// or getty, and its ut_id stays); then the one of the line; then one of the
/// same id that is dead or has no line yet. The last four characters of
/// ttyS1000 and pts/1000 are the same: a live record of another line is left
/// alone, and the newcomer gets a printable id made from its whole name.
/// No slot lies across pages.
[[nodiscard]] Slot choose_slot(std::span<const utmpx> records, const utmpx& wanted);

/// The record that this process (an init's child) already has, if any.
[[nodiscard]] std::optional<utmpx> record_of(std::span<const utmpx> records, pid_t process);

/// The time since this machine was started, suspension included
/// (CLOCK_BOOTTIME). Nobody sets this clock.
using BootTime = std::chrono::microseconds;

/// Our records say when they were written by that clock too, in the bytes that
/// utmp(5) keeps for later and all programs leave alone.
void stamp(utmpx& record, BootTime now);
[[nodiscard]] std::optional<BootTime> stamp_of(const utmpx& record);

/// Both clocks at one moment.
struct Clocks {
    RecordTime now{};
    BootTime since_boot{};
    /// By the BOOT_TIME record of the same file, if there is one.
    std::optional<RecordTime> recorded_boot{};
};

/// A process as the kernel has it.
struct ProcessStart {
    bool is_there = false;
    std::optional<BootTime> started{};  ///< nothing: not known
};

/// Whether a LOGIN_PROCESS or USER_PROCESS record outlived its process: that is
/// gone, or another one of its number was started after the record was written,
/// or the record is from before the machine was started. Times of day are
/// trusted as far as the clock has not been set since the machine's start: a
/// board without a clock writes 1970 first, and its records are no ghosts.
[[nodiscard]] bool is_stale(const utmpx& record, const ProcessStart& process, const Clocks& clocks);

/// What a stale record becomes: dead, its user and host gone, its exit kept.
[[nodiscard]] utmpx ended_record(const utmpx& stale, RecordTime when);

}  // namespace common
